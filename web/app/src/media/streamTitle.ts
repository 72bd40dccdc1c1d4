import type { MediaInfo } from './types';

/** The names that templates give unless they say otherwise: the stream, and two times. */
const byDefault = /^_\d{4}(-\d\d){5}_\d{4}(-\d\d){5}$/;

/** App and stream of a recording that has the name it was given by itself; undefined of one that somebody named, or that was made of others. */
export function streamTitle(info: MediaInfo): string | undefined {
  const live = info.BasicInfo.SourceInfo.LiveRecordInfo;
  const name = info.BasicInfo.Name;
  return live && name.startsWith(live.StreamId) && byDefault.test(name.slice(live.StreamId.length)) ? `${live.Path}/${live.StreamId}` : undefined;
}
