import { expect, it, vi } from 'vitest';
import mpegts from 'mpegts.js';
import { playFLV } from './play';

it('leaves the element alone where it was called off before its script was there, and ends when it is called off', async () => {
  const players: string[][] = [];
  vi.spyOn(mpegts, 'createPlayer').mockImplementation(() => {
    const did: string[] = [];
    players.push(did);
    return { on: () => {}, attachMediaElement: () => did.push('attach'), load: () => did.push('load'), destroy: () => did.push('destroy') } as unknown as mpegts.Player;
  });
  const [first, second] = [new AbortController(), new AbortController()];
  const begun = [first, second].map((off) => playFLV(document.createElement('video'), '/live/a.flv', () => {}, off.signal));
  first.abort();
  await Promise.all(begun);
  expect(players).toEqual([['attach', 'load']]);
  second.abort();
  expect(players).toEqual([['attach', 'load', 'destroy']]);
});
