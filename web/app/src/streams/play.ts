// Ways to play a live stream in a browser: FLV, which is the fastest, and HLS for what FLV players do not know.
import type { LiveStream } from '../api/live';
import { codecName } from './model';

/** What media source extensions are asked about the codecs that can be played; a codec that is not here cannot. */
const inFLV: Record<string, string> = {
  h264: 'video/mp4; codecs="avc1.640028"', h265: 'video/mp4; codecs="hvc1.1.6.L120.B0"', av1: 'video/mp4; codecs="av01.0.08M.08"',
  aac: 'audio/mp4; codecs="mp4a.40.2"', mp3: 'audio/mpeg', opus: 'audio/mp4; codecs="opus"', ac3: 'audio/mp4; codecs="ac-3"',
};
const inHLS: Record<string, string> = { ...inFLV, vp9: 'video/mp4; codecs="vp09.00.41.08"' };

export interface Way {
  /** undefined: none. */
  by: 'flv' | 'hls' | undefined;
  /** The codecs that are not played that way, as people call them. */
  without: string[];
}

/** How a stream is best played. What HLS cannot have it leaves out: pictures without sound are better than nothing, the other way round not. */
export function wayToPlay(tracks: LiveStream['Tracks'], supported: (type: string) => boolean): Way {
  const lacks = (types: Record<string, string>) => tracks.filter(({ Codec }) => !(types[Codec] && supported(types[Codec])));
  if (!lacks(inFLV).length) return { by: 'flv', without: [] };
  const lacking = lacks(inHLS);
  const pictures = tracks.some((track) => track.Kind === 'video' && !lacking.includes(track));
  return { by: !lacking.length || (pictures && lacking.every((track) => track.Kind === 'audio')) ? 'hls' : undefined, without: lacking.map(({ Codec }) => codecName(Codec)) };
}

/** How playing ended: the connection, or what came over it. */
export type Broken = 'broken' | 'badMedia';

/**
 * Plays FLV as it comes, until it is called off. What was called off before the script was there does not begin: its end would take the element from
 * the next.
 */
export async function playFLV(video: HTMLVideoElement, url: string, failed: (why: Broken) => void, off: AbortSignal): Promise<void> {
  const { default: mpegts } = await import('mpegts.js');
  if (off.aborted) return;
  mpegts.LoggingControl.enableAll = false;
  const player = mpegts.createPlayer(
    { type: 'flv', isLive: true, url },
    { enableStashBuffer: false, lazyLoad: false, liveSync: true, liveSyncMaxLatency: 2, liveSyncTargetLatency: 1, autoCleanupSourceBuffer: true },
  );
  player.on(mpegts.Events.ERROR, (kind: string) => failed(kind === mpegts.ErrorTypes.MEDIA_ERROR ? 'badMedia' : 'broken'));
  player.on(mpegts.Events.LOADING_COMPLETE, () => failed('broken'));
  player.attachMediaElement(video);
  player.load();
  off.addEventListener('abort', () => player.destroy());
}

/** Plays HLS: by script where that can be done, or else by the browser itself, as on phones of Apple; until it is called off. */
export async function playHLS(video: HTMLVideoElement, url: string, failed: (why: Broken) => void, off: AbortSignal): Promise<void> {
  const { default: Hls } = await import('hls.js');
  if (off.aborted) return;
  if (!Hls.isSupported()) {
    video.addEventListener('error', () => failed('broken'), { signal: off });
    video.src = url;
    off.addEventListener('abort', () => {
      video.removeAttribute('src');
      video.load();
    });
    return;
  }
  const hls = new Hls({ enableWorker: false, lowLatencyMode: true, backBufferLength: 20 });
  hls.on(Hls.Events.ERROR, (_, data) => {
    if (data.fatal) failed(data.type === Hls.ErrorTypes.NETWORK_ERROR ? 'broken' : 'badMedia');
  });
  hls.loadSource(url);
  hls.attachMedia(video);
  off.addEventListener('abort', () => hls.destroy());
}
