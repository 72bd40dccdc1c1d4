import { expect, it } from 'vitest';
import { isLoopback } from './host';

it('knows hosts that lead each machine to itself', () => {
  for (const host of ['localhost', 'LOCALHOST', 'a.localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]']) expect(isLoopback(host), host).toBe(true);
  for (const host of ['localhost.example.com', '127.example.com', '192.0.2.127', '10.0.0.1', '2001:db8::1', '']) expect(isLoopback(host), host).toBe(false);
});
