import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { QueryClient } from '@tanstack/react-query';
import { act, renderHook } from '@testing-library/react';
import { addRates, forgetLive, listen, useLive, type LiveStream } from './live';

const stream = (ID: string, Bytes: number, Video: number) => ({ ID, Bytes, Video }) as LiveStream;
const at = (At: number, ...Streams: LiveStream[]) => ({ At, Streams, Waiting: [] });

describe('addRates', () => {
  it('has none at first', () => {
    expect(addRates(new Map(), undefined, at(0, stream('a', 1000, 50))).get('a')).toEqual({ bitrate: [], frames: [] });
  });
  it('divides by the time between', () => {
    const rates = addRates(new Map(), at(1000, stream('a', 0, 0)), at(3000, stream('a', 1_000_000, 50)));
    expect(rates.get('a')).toEqual({ bitrate: [4_000_000], frames: [25] });
  });
  it('forgets streams that are gone, and what is long ago', () => {
    let known = new Map([['gone', { bitrate: [1], frames: [1] }]]);
    for (let i = 0; i < 100; i++) known = addRates(known, at(i * 2000, stream('a', i, i)), at(i * 2000 + 2000, stream('a', i + 1, i + 1)));
    expect([...known.keys()]).toEqual(['a']);
    expect(known.get('a')?.bitrate).toHaveLength(60);
  });
  it('survives the same snapshot twice', () => {
    expect(addRates(new Map(), at(5, stream('a', 1, 1)), at(5, stream('a', 1, 1))).get('a')?.bitrate).toEqual([]);
  });
});

describe('listen', () => {
  let open = 0;
  let made = 0;
  /** Whether the server says something. */
  let up = true;
  let tell = (_: string) => {};
  beforeEach(() => {
    vi.useFakeTimers();
    open = made = 0;
    up = true;
    vi.stubGlobal('EventSource', class {
      readonly listeners = new Map<string, (event: object) => void>();
      readonly beat = setInterval(() => up && this.listeners.get('live')?.({ data: JSON.stringify(at(Date.now())) }), 2000);
      constructor() {
        open++;
        made++;
        tell = (name) => this.listeners.get(name)?.({});
      }
      addEventListener(name: string, then: (event: object) => void) {
        this.listeners.set(name, then);
      }
      close() {
        clearInterval(this.beat);
        open--;
      }
    });
  });
  afterEach(() => {
    forgetLive();
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });
  const see = (state: DocumentVisibilityState) => {
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state);
    document.dispatchEvent(new Event('visibilitychange'));
  };

  it('notices that the server is silent, and that it is back', () => {
    const queries = new QueryClient();
    const anew = vi.spyOn(queries, 'invalidateQueries');
    const stop = listen(queries, () => {});
    const { result, unmount } = renderHook(() => useLive());
    act(() => void vi.advanceTimersByTime(60_000));
    expect([result.current.connected, made]).toEqual([true, 1]);
    const last = result.current.heard;
    up = false;
    act(() => void vi.advanceTimersByTime(5000));
    expect([result.current.connected, result.current.heard, open]).toEqual([false, last, 1]);
    act(() => void vi.advanceTimersByTime(60_000));
    expect([result.current.connected, open]).toEqual([false, 1]);
    up = true;
    anew.mockClear();
    act(() => void vi.advanceTimersByTime(2000));
    expect(result.current.connected).toBe(true);
    expect(anew).toHaveBeenCalledWith({ queryKey: ['readiness'] });
    unmount();
    stop();
    expect(open).toBe(0);
  });
  it('passes on at once that the login is over', () => {
    const over = vi.fn();
    const stop = listen(new QueryClient(), over);
    tell('over');
    expect(over).toHaveBeenCalledTimes(1);
    stop();
  });
  it('keeps no connection for a page that nobody sees', () => {
    const stop = listen(new QueryClient(), () => {});
    see('hidden');
    vi.advanceTimersByTime(30_000);
    see('visible');
    vi.advanceTimersByTime(100_000);
    expect([open, made]).toEqual([1, 1]);
    see('hidden');
    vi.advanceTimersByTime(100_000);
    expect(open).toBe(0);
    see('visible');
    expect([open, made]).toEqual([1, 2]);
    see('hidden');
    stop();
    vi.advanceTimersByTime(100_000);
    see('visible');
    expect([open, made]).toEqual([0, 2]);
  });
});
