import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { call, onLoggedOut, session } from './client';

/** Requests that were made: the action, or the path, and what had to come with it. */
const asked: string[] = [];
let current = 'one';
let up = true;

beforeEach(async () => {
  asked.length = 0;
  current = 'one';
  up = true;
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const headers = init.headers as Record<string, string> | undefined;
    asked.push(`${headers?.['X-TC-Action'] ?? path} ${headers?.['X-Aircheck-Csrf'] ?? ''}`.trim());
    if (!up) return Promise.resolve(new Response('<html>Bad Gateway</html>', { status: 502 }));
    if (path === '/console/session') return Promise.resolve(new Response(JSON.stringify({ LoggedIn: current !== '', Csrf: current, Version: 'v' })));
    const good = headers?.['X-Aircheck-Csrf'] === current;
    return Promise.resolve(new Response(JSON.stringify({ Response: good ? { N: 1 } : { Error: { Code: 'AuthFailure.TokenFailure', Message: 'over' } } })));
  });
  await session('GET');
  asked.length = 0;
});
afterEach(() => {
  onLoggedOut(() => {});
  vi.unstubAllGlobals();
});

it('goes on after a login in another window', async () => {
  const over = vi.fn();
  onLoggedOut(over);
  current = 'two';
  await expect(Promise.all([call('live', 'A'), call('live', 'B')])).resolves.toEqual([{ N: 1 }, { N: 1 }]);
  expect(asked.filter((a) => a.endsWith(' two'))).toEqual(['A two', 'B two']);
  expect(over).not.toHaveBeenCalled();
});

it('says at once that the login is over', async () => {
  const over = vi.fn();
  onLoggedOut(over);
  current = '';
  await expect(call('live', 'A')).rejects.toMatchObject({ loggedOut: true, message: 'over' });
  expect(over).toHaveBeenCalledTimes(1);
  expect(asked).toEqual(['A one', '/console/session']);
});

it('takes a proxy without a server for no answer', async () => {
  up = false;
  await expect(call('live', 'A')).rejects.toMatchObject({ unreachable: true });
});
