import { afterEach, expect, it, vi } from 'vitest';
import { whyNot } from './whyNot';

afterEach(() => vi.unstubAllGlobals());

it('tells a server that is gone, one that refuses, and a browser that cannot', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
  expect(await whyNot('/vod/7/a.mp4', true)).toEqual({ kind: 'unreachable' });
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('pages of that Referer may not play this\n', { status: 403 })));
  expect(await whyNot('/vod/7/a.mp4', true)).toEqual({ kind: 'refused', status: 403, said: 'pages of that Referer may not play this' });
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('', { status: 404 })));
  expect(await whyNot('/vod/7/a.mp4', true)).toEqual({ kind: 'refused', status: 404, said: 'HTTP 404' });
  const asked = vi.fn(() => Promise.resolve(new Response('x', { status: 206 })));
  vi.stubGlobal('fetch', asked);
  expect(await whyNot('/vod/7/a.mp4', true)).toEqual({ kind: 'unknown' });
  expect(await whyNot('/vod/7/a.mp4', false)).toEqual({ kind: 'broken' });
  expect(asked).toHaveBeenCalledWith('/vod/7/a.mp4', expect.objectContaining({ headers: { Range: 'bytes=0-0' } }));
});
