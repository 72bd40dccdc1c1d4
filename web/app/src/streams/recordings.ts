// The recordings of a stream as its page shows them.
import type { LiveStream, Recording } from '../api/live';

export interface Recorded {
  FileId: string;
  BasicInfo: { Name: string; Type: string; CreateTime: string; Status: string; SourceInfo?: { LiveRecordInfo?: { RecordStartTime: string } | null } | null };
  MetaData: { Size: number; Duration: number } | null;
}

/** What is known of a file's length, in seconds, and size: of one under way what is heard of it, which is newer than what is asked for. */
export function figuresOf(file: Recorded, streams: LiveStream[], waiting: Recording[]): { length: number; size: number } | undefined {
  const now = [...streams.flatMap((s) => s.Recordings), ...waiting].find((r) => r.FileID === file.FileId);
  if (now) return { length: now.Duration / 1000, size: now.Bytes };
  return file.MetaData ? { length: file.MetaData.Duration, size: file.MetaData.Size } : undefined;
}

const begin = (file: Recorded) => file.BasicInfo.SourceInfo?.LiveRecordInfo?.RecordStartTime || file.BasicInfo.CreateTime;

/** When the first of several finished pieces of the last day began, ISO 8601: what may be joined. undefined where there is nothing to join. */
export function pieces(files: Recorded[], now: number): string | undefined {
  const recent = files.filter((f) => f.BasicInfo.Status === 'Normal' && now - Date.parse(begin(f)) < 86_400_000);
  const types = recent.map((f) => f.BasicInfo.Type);
  const several = recent.filter((f) => types.filter((type) => type === f.BasicInfo.Type).length > 1);
  return several.map(begin).sort((a, b) => Date.parse(a) - Date.parse(b))[0];
}
