// What the pages of streams share: names, addresses and answers of the API.
import { streamPath } from '../lib/format';

/** Names a stream, as actions want it. */
export interface StreamKey {
  DomainName: string;
  AppName: string;
  StreamName: string;
}

export const keyOf = ({ DomainName, AppName, StreamName }: StreamKey): StreamKey => ({ DomainName, AppName, StreamName });

export const sameStream = (a: StreamKey, b: StreamKey) => a.DomainName === b.DomainName && a.AppName === b.AppName && a.StreamName === b.StreamName;

/** The page of a stream. */
export const streamLink = (s: StreamKey) => `/streams/${encodeURIComponent(s.DomainName)}/${streamPath(s.AppName, s.StreamName)}`;

/** Reads the address of a stream's page; undefined if it names none. */
export function parseStreamLink(pathname: string): StreamKey | undefined {
  const parts = pathname.replace(/^\/streams\//, '').split('/');
  try {
    const [domain, ...path] = parts.map(decodeURIComponent);
    const stream = path.pop();
    if (!domain || !stream || path.length === 0) return undefined;
    return { DomainName: domain, AppName: path.join('/'), StreamName: stream };
  } catch {
    return undefined;
  }
}

export interface StreamAddress {
  Purpose: 'push' | 'play';
  Protocol: 'rtmp' | 'rtmps' | 'rtsp' | 'rtsps' | 'page' | 'http-flv' | 'ws-flv' | 'hls';
  Url: string;
  Server: string;
  StreamKey: string;
}

export interface StreamAddresses {
  DomainName: string;
  ExpireTime: string;
  PushSigned: boolean;
  PlaySigned: boolean;
  /** Other hosts by which this machine may be reached. */
  Hosts: string[];
  AddressSet: StreamAddress[];
}

/** Quotes a text for a shell. */
export const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

const muxer = (protocol: string) => (protocol.startsWith('rtsp') ? 'rtsp' : 'flv');

/** Commands that push a file, or a test picture with a tone. */
export const ffmpegFile = (a: StreamAddress) => `ffmpeg -re -i video.mp4 -c copy -f ${muxer(a.Protocol)} ${quoted(a.Url)}`;
export const ffmpegTest = (a: StreamAddress) =>
  `ffmpeg -re -f lavfi -i testsrc2=size=1280x720:rate=25 -f lavfi -i sine -c:v libx264 -preset veryfast -tune zerolatency -g 50 -pix_fmt yuv420p -c:a aac -f ${muxer(a.Protocol)} ${quoted(a.Url)}`;

/** Where this browser fetches a stream: from the server that the console comes from, with the signature of its address. */
export function playAddress(key: StreamKey, answer: StreamAddresses, origin: string, by: 'flv' | 'hls'): string {
  const address = answer.AddressSet.find((a) => a.Purpose === 'play' && a.Protocol === (by === 'flv' ? 'http-flv' : 'hls'));
  const query = new URLSearchParams(address?.Url.split('?')[1] ?? '');
  query.set('vhost', answer.DomainName);
  return `${origin}/${streamPath(key.AppName, key.StreamName)}.${by === 'flv' ? 'flv' : 'm3u8'}?${query}`;
}

/** Codecs as people call them. */
export const codecNames: Record<string, string> = {
  h264: 'H.264', h265: 'H.265', av1: 'AV1', vp8: 'VP8', vp9: 'VP9', aac: 'AAC', opus: 'Opus', mp3: 'MP3', ac3: 'AC-3', g711a: 'G.711 A-law', g711u: 'G.711 µ-law',
};

export const codecName = (codec: string) => codecNames[codec] ?? codec;

/** A push that is over. */
export interface PushedStream extends StreamKey {
  StreamStartTime: string;
  StreamEndTime: string;
  StopReason: string;
  /** In seconds. */
  Duration: number;
  ClientIp: string;
  Resolution: string;
}

export interface EventList {
  EventList: PushedStream[];
  TotalNum: number;
}

export interface ForbiddenStream extends StreamKey {
  CreateTime: string;
  ExpireTime: string;
  Reason: string;
}

export interface PullSource extends StreamKey {
  ConfigId: string;
  FromUrl: string;
  ToUrl: string;
  StartTime: string;
  EndTime: string;
  Status: '0' | '1' | '2' | '3' | '4';
  Transport: string;
  Insecure: boolean;
  Fingerprint: string;
  Origin: 'api' | 'config';
  State: 'connecting' | 'live' | 'waiting' | 'disabled' | 'over';
  Reason: string;
  StateSince: string;
  NextTry: string;
  Tries: number;
}
