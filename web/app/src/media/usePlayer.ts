import { useEffect, useRef, useState, type RefObject } from 'react';
import type HlsType from 'hls.js';
import { hlsView } from './types';
import { whyNot, type Trouble } from './whyNot';

/** What plays a file: its address, whether it grows, and whether browsers can do without a script. */
export interface Source {
  address: string;
  native: boolean;
  growing: boolean;
  /** Another one plays it anew, going on where it was. */
  turn: number;
}

/** What is to be known of a video while it plays. */
export interface Playing {
  time: number;
  length: number;
  playing: boolean;
  waiting: boolean;
  muted: boolean;
  rate: number;
  /** Why it does not play. */
  failed: Trouble | undefined;
}

const still: Playing = { time: 0, length: 0, playing: false, waiting: false, muted: false, rate: 1, failed: undefined };
const told = ['timeupdate', 'durationchange', 'play', 'pause', 'waiting', 'playing', 'seeking', 'seeked', 'volumechange', 'ratechange', 'ended'];

/** Loads a file into a video, as it is where browsers know the format, and as HLS otherwise; tells how it goes. */
export function usePlayer(video: RefObject<HTMLVideoElement | null>, source: Source): Playing {
  const [state, setState] = useState(still);
  const { address, native, growing, turn } = source;
  const hls = useRef<HlsType>(undefined);
  const resume = useRef({ at: 0, playing: false });
  useEffect(() => {
    const element = video.current;
    if (!element) return undefined;
    setState(still);
    let gone = false;
    const fail = (decoded: boolean) => void whyNot(native ? address : hlsView(address), decoded).then((failed) => !gone && setState((s) => ({ ...s, failed, waiting: false })));
    // The same file in another form, such as one that is no longer being recorded, goes on where it was.
    const where = { ...resume.current };
    const go = () => {
      if (where.at > 0) element.currentTime = where.at;
      if (where.playing) void element.play().catch(() => undefined);
    };
    element.addEventListener('loadedmetadata', go, { once: true });
    const asHLS = () => {
      hls.current?.destroy();
      element.addEventListener('loadedmetadata', go, { once: true });
      startHLS(element, hlsView(address), { growing, at: where.at, fail, gone: () => gone }).then((made) => (hls.current = made), () => fail(false));
    };
    let first = native;
    const onError = () => {
      // What the browser cannot play as it is, it may be able to as HLS; what scripts play tells its errors itself.
      if (hls.current) return;
      if (first && element.getAttribute('src')) asHLS();
      else if (element.getAttribute('src')) fail(element.error?.code !== MediaError.MEDIA_ERR_NETWORK);
      first = false;
    };
    const tell = (event: Event) => {
      // One that fails is where it was: what is loaded next would begin anew.
      if (element.readyState > 0 && !element.error && event.type !== 'durationchange') where.at = element.currentTime;
      if (!element.error && (event.type === 'play' || event.type === 'pause')) where.playing = event.type === 'play';
      setState((s) => ({
        ...s,
        time: element.currentTime,
        length: Number.isFinite(element.duration) ? element.duration : s.length,
        playing: !element.paused,
        waiting: event.type === 'waiting' || (s.waiting && !['playing', 'timeupdate', 'pause', 'seeked'].includes(event.type)),
        muted: element.muted,
        rate: element.playbackRate,
      }));
    };
    for (const name of told) element.addEventListener(name, tell);
    element.addEventListener('error', onError);
    if (native) element.src = address;
    else asHLS();
    return () => {
      gone = true;
      resume.current = where;
      element.removeEventListener('loadedmetadata', go);
      for (const name of told) element.removeEventListener(name, tell);
      element.removeEventListener('error', onError);
      hls.current?.destroy();
      hls.current = undefined;
      element.removeAttribute('src');
      element.load();
    };
  }, [video, address, native, growing, turn]);
  return state;
}

interface Start {
  growing: boolean;
  /** Where to begin, in seconds; 0 in one that grows: where it is now. */
  at: number;
  fail: (decoded: boolean) => void;
  gone: () => boolean;
}

/** Plays a playlist: by script where that can be done, or else by the browser itself, as on phones of Apple. */
async function startHLS(element: HTMLVideoElement, address: string, { growing, at, fail, gone }: Start): Promise<HlsType | undefined> {
  const { default: Hls } = await import('hls.js');
  if (gone()) return undefined;
  if (!Hls.isSupported()) {
    element.src = address;
    return undefined;
  }
  const hls = new Hls({ enableWorker: false, ...(growing && !at ? {} : { startPosition: at }), manifestLoadPolicy: { default: policy(growing ? 10 : 1) } });
  let recovered = 0;
  hls.on(Hls.Events.ERROR, (_, data) => {
    if (!data.fatal) return;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && recovered++ < 2) hls.recoverMediaError();
    else fail(data.type !== Hls.ErrorTypes.NETWORK_ERROR);
  });
  if (growing && !at) {
    // What grows begins where it is now: that is what somebody wants to see first.
    const jump = () => {
      if (!gone() && hls.liveSyncPosition) element.currentTime = hls.liveSyncPosition;
    };
    element.addEventListener('loadedmetadata', jump, { once: true });
  }
  hls.loadSource(address);
  hls.attachMedia(element);
  return hls;
}

/** A recording has no playlist before its first segment is complete: that is waited for. What is refused stays refused. */
function policy(tries: number) {
  const retry = { maxNumRetry: tries, retryDelayMs: 1000, maxRetryDelayMs: 3000 };
  return { maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 20_000, timeoutRetry: retry, errorRetry: { ...retry, shouldRetry: (_: unknown, count: number, __: boolean, answer?: { code?: number }) => count < tries && answer?.code !== 403 } };
}
