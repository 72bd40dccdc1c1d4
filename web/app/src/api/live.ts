// What the server tells while a page is open: which topics have changed, and how the live streams are (/console/events).
import { useEffect, useSyncExternalStore } from 'react';
import { useQueryClient, type QueryClient } from '@tanstack/react-query';

export interface Track {
  Kind: 'video' | 'audio';
  Codec: string;
  Width: number;
  Height: number;
  SampleRate: number;
  Channels: number;
}

export interface Recording {
  DomainName: string;
  AppName: string;
  StreamName: string;
  FileID: string;
  Format: string;
  TemplateID: number;
  CauseKind: 'rule' | 'task';
  Cause: string;
  Bytes: number;
  /** In ms. */
  Duration: number;
  Lost: number;
  /** When a file stops waiting for its stream, in ms since 1970; 0 for one that is being written. */
  Until: number;
  Err: string;
}

export interface LiveStream {
  DomainName: string;
  AppName: string;
  StreamName: string;
  ID: string;
  StartTime: number;
  Remote: string;
  Protocol: string;
  Bytes: number;
  Video: number;
  Audio: number;
  Tracks: Track[];
  Recordings: Recording[];
  /** Whether there is a picture of it: see Preview. */
  Preview: boolean;
}

interface Snapshot {
  At: number;
  Streams: LiveStream[];
  Waiting: Recording[];
}

/** Rates of a stream over time, the newest last. */
export interface Rates {
  /** Bits per second. */
  bitrate: number[];
  /** Pictures per second. */
  frames: number[];
}

/** Everything that pages are told of live streams. */
export interface Live {
  /** Whether the server is heard of at the moment. */
  connected: boolean;
  /** By this browser's clock, when the server was heard of last; undefined before. */
  heard: number | undefined;
  /** undefined until the first snapshot. */
  at: number | undefined;
  streams: LiveStream[];
  waiting: Recording[];
  rates: ReadonlyMap<string, Rates>;
}

/** How many rates are remembered: two minutes. */
const remembered = 60;

/** How long the server may be silent, which tells of the streams every two seconds, before it is listened to anew, in ms. */
const silence = 5000;

let live: Live = { connected: false, heard: undefined, at: undefined, streams: [], waiting: [], rates: new Map() };
let before: Snapshot | undefined;
const listeners = new Set<() => void>();

function set(next: Partial<Live>): void {
  live = { ...live, ...next };
  for (const listener of listeners) listener();
}

/** Adds the rates between two snapshots to those known; exported for tests. */
export function addRates(known: ReadonlyMap<string, Rates>, last: Snapshot | undefined, now: Snapshot): Map<string, Rates> {
  const seconds = last ? (now.At - last.At) / 1000 : 0;
  const out = new Map<string, Rates>();
  for (const stream of now.Streams) {
    const rates = known.get(stream.ID) ?? { bitrate: [], frames: [] };
    const was = last?.Streams.find((other) => other.ID === stream.ID);
    out.set(
      stream.ID,
      was && seconds > 0
        ? {
            bitrate: [...rates.bitrate, ((stream.Bytes - was.Bytes) * 8) / seconds].slice(-remembered),
            frames: [...rates.frames, (stream.Video - was.Video) / seconds].slice(-remembered),
          }
        : rates,
    );
  }
  return out;
}

function show(snapshot: Snapshot): void {
  const rates = addRates(live.rates, before, snapshot);
  before = snapshot;
  set({ connected: true, heard: Date.now(), at: snapshot.At, streams: snapshot.Streams, waiting: snapshot.Waiting, rates });
}

function connect(queries: QueryClient, expired: () => void): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const lose = () => set({ connected: false });
  const later = (ms: number, then: () => void) => {
    clearTimeout(timer);
    timer = setTimeout(then, ms);
  };
  const begin = () => {
    source = new EventSource('/console/events');
    // A server that was cut off says nothing, not even that it is gone.
    const wait = (ms: number) =>
      later(ms, () => {
        lose();
        source.close();
        begin();
      });
    wait(3 * silence);
    source.addEventListener('live', (event) => {
      wait(silence);
      // The server tells of everything that it knows to change, and this is not part of it.
      if (!live.connected) void queries.invalidateQueries({ queryKey: ['readiness'] });
      show(JSON.parse(event.data) as Snapshot);
    });
    source.addEventListener('change', (event) => {
      for (const topic of JSON.parse(event.data) as string[]) void queries.invalidateQueries({ queryKey: [topic] });
    });
    source.addEventListener('over', () => expired());
    source.addEventListener('error', () => {
      lose();
      // A browser gives up for good when the answer is an error, such as that the login is over.
      if (source.readyState === EventSource.CLOSED) {
        expired();
        later(3000, begin);
      }
    });
  };
  begin();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}

/** How long a page listens that nobody sees, in ms. */
const unseen = 60_000;

/**
 * Listens while the page is seen, and a little longer: browsers have six connections to a server without HTTP/2, and each window would keep one for
 * itself. Who comes back is told of everything anew.
 */
export function listen(queries: QueryClient, expired: () => void): () => void {
  let stop: (() => void) | undefined = connect(queries, expired);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const seen = () => {
    clearTimeout(timer);
    if (document.visibilityState === 'visible') {
      stop ??= connect(queries, expired);
      return;
    }
    timer = setTimeout(() => {
      stop?.();
      stop = undefined;
    }, unseen);
  };
  document.addEventListener('visibilitychange', seen);
  return () => {
    document.removeEventListener('visibilitychange', seen);
    clearTimeout(timer);
    stop?.();
  };
}

/** Forgets what was told. */
export function forgetLive(): void {
  before = undefined;
  set({ connected: false, heard: undefined, at: undefined, streams: [], waiting: [], rates: new Map() });
}

/** Listens to the server for as long as the component is there. expired is called when it may be that the login is over. */
export function useServerEvents(expired: () => void): void {
  const queries = useQueryClient();
  useEffect(() => listen(queries, expired), [queries, expired]);
}

/** What is known of live streams. */
export function useLive(): Live {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => live,
  );
}
