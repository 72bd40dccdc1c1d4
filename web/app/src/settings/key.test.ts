import { expect, it } from 'vitest';
import { randomKey } from './key';

it('makes keys that differ', () => {
  expect(randomKey()).toMatch(/^[A-Za-z0-9]{32}$/);
  expect(randomKey(20)).toHaveLength(20);
  expect(randomKey()).not.toBe(randomKey());
});
