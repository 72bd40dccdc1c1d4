// Which of some files are joined, and in which order.
import { beginOf } from './begin';
import type { MediaInfo } from './types';

/** Which format is taken where one and the same time was recorded in several: what is copied into an MP4 most plainly comes first. */
const rank = ['mp4', 'hls', 'flv', 'm4a', 'aac', 'mp3'];

const from = (info: MediaInfo) => Date.parse(beginOf(info));
const to = (info: MediaInfo) => from(info) + info.MetaData.Duration * 1000;
const streamOf = (info: MediaInfo) => {
  const live = info.BasicInfo.SourceInfo.LiveRecordInfo;
  return live && `${live.Domain}/${live.Path}/${live.StreamId}`;
};

/** Whether two files hold the same time of the same stream: more than half of the shorter one. */
function same(a: MediaInfo, b: MediaInfo): boolean {
  const stream = streamOf(a);
  if (!stream || stream !== streamOf(b)) return false;
  const both = Math.min(to(a), to(b)) - Math.max(from(a), from(b));
  return both > Math.min(to(a) - from(a), to(b) - from(b)) / 2;
}

/** Files in the order of their time, and those left out because another one holds the same time. */
export function inOrder(files: MediaInfo[]): { joined: MediaInfo[]; left: MediaInfo[] } {
  const best = [...files].sort((a, b) => b.MetaData.VideoStreamSet.length - a.MetaData.VideoStreamSet.length || place(a) - place(b) || b.MetaData.Duration - a.MetaData.Duration);
  const joined: MediaInfo[] = [];
  const left: MediaInfo[] = [];
  for (const file of best) (joined.some((other) => same(file, other)) ? left : joined).push(file);
  return { joined: joined.sort(byTime), left: left.sort(byTime) };
}

const place = (info: MediaInfo) => rank.indexOf(info.BasicInfo.Type) + (rank.includes(info.BasicInfo.Type) ? 0 : rank.length + 1);

/** Earlier before later; of the same second, in the order in which they were begun. */
export function byTime(a: MediaInfo, b: MediaInfo): number {
  return from(a) - from(b) || (a.FileId.length - b.FileId.length || (a.FileId < b.FileId ? -1 : 1));
}

/** The stream that all files are of, and when; undefined if they are of several, or of none. */
export function streamSpan(files: MediaInfo[]): { domain: string; app: string; stream: string; from: string; to: string } | undefined {
  const live = files[0]?.BasicInfo.SourceInfo.LiveRecordInfo;
  if (!live || files.some((f) => streamOf(f) !== streamOf(files[0]!))) return undefined;
  return {
    domain: live.Domain,
    app: live.Path,
    stream: live.StreamId,
    from: new Date(Math.min(...files.map(from)) - 1000).toISOString(),
    to: new Date(Math.max(...files.map(to)) + 2000).toISOString(),
  };
}

/** How long the pieces show what another one of the same stream shows as well, in seconds. */
export function twice(pieces: { FileId: string; StartTime: string; EndTime: string }[], files: MediaInfo[]): number {
  const until = new Map<string, number>();
  let sum = 0;
  for (const { FileId, StartTime, EndTime } of [...pieces].sort((a, b) => Date.parse(a.StartTime) - Date.parse(b.StartTime))) {
    const file = files.find((f) => f.FileId === FileId);
    const stream = file && streamOf(file);
    if (!stream) continue;
    const before = until.get(stream) ?? -Infinity;
    const end = Date.parse(EndTime);
    sum += Math.max(0, Math.min(before, end) - Date.parse(StartTime));
    until.set(stream, Math.max(before, end));
  }
  return sum / 1000;
}

/** Puts further pieces where they are missing: in front of the one that begins at that moment. */
export function withPieces(joined: MediaInfo[], more: MediaInfo[], before: string): MediaInfo[] {
  const added = more.filter((f) => !joined.some((other) => other.FileId === f.FileId)).sort(byTime);
  const at = joined.findIndex((f) => Math.abs(from(f) - Date.parse(before)) < 1000);
  return at < 0 ? [...joined, ...added].sort(byTime) : [...joined.slice(0, at), ...added, ...joined.slice(at)];
}

/**
 * Where a stream's recordings between two moments are spliced: the list of them, with the dialog open and filled in. Other pages lead there, such as from a push
 * that was interrupted: the query has the stream as the filters of the list have it, and splice, two moments (ISO 8601) with a comma between them.
 */
export function spliceLink({ domain, app, stream, from, to }: { domain: string; app: string; stream: string; from: string; to: string }): string {
  return `/media?${new URLSearchParams({ domain, path: app, stream, splice: `${from},${to}` })}`;
}

/** The moments of such an address; undefined if it is none. */
export function spliceSpan(query: URLSearchParams): { from: string; to: string } | undefined {
  const [from = '', to = ''] = (query.get('splice') ?? '').split(',');
  const good = (text: string) => !text || !Number.isNaN(Date.parse(text));
  return query.get('splice') !== null && good(from) && good(to) ? { from, to } : undefined;
}

/** Moves what is at one place to another. */
export function moved<T>(list: T[], at: number, to: number): T[] {
  const out = [...list];
  const [one] = out.splice(at, 1);
  if (one !== undefined) out.splice(to, 0, one);
  return out;
}
