// Which recordings belong together: the pieces of a push that was interrupted, or of a stream that came back soon.
import { useMemo } from 'react';
import type { ApiError } from '../api/client';
import { useAction } from '../api/hooks';
import { beginOf } from './begin';
import { inApp } from './lookups';
import { inOrder } from './splice';
import type { Found, MediaInfo } from './types';

/** How long nothing may come between two pieces of a show, in ms. */
const apart = 15 * 60_000;
/** How far around a recording the other pieces of its show are looked for, in ms, and how many of them. */
const around = 12 * 3_600_000;
const most = 200;

const from = (info: MediaInfo) => Date.parse(beginOf(info));
const to = (info: MediaInfo) => from(info) + info.MetaData.Duration * 1000;

/** The pieces of the show that a recording is of, in their order; exported for tests. */
export function showOf(info: MediaInfo, found: MediaInfo[]): MediaInfo[] {
  const { joined } = inOrder(found.some((f) => f.FileId === info.FileId) ? found : [...found, info]);
  const at = joined.findIndex((f) => f.FileId === info.FileId);
  if (at < 0) return [info];
  let [first, last] = [at, at];
  while (first > 0 && from(joined[first]!) - to(joined[first - 1]!) <= apart) first--;
  while (last < joined.length - 1 && from(joined[last + 1]!) - to(joined[last]!) <= apart) last++;
  return joined.slice(first, last + 1);
}

/** The pieces of a show, as soon as they are known; of a file that is no recording, or still being recorded, only itself. */
export function useShow(info: MediaInfo, app: number): { pieces: MediaInfo[] | undefined; error: ApiError | null } {
  const live = info.BasicInfo.SourceInfo.LiveRecordInfo;
  const enabled = !!live && info.BasicInfo.Status === 'Normal';
  const day = (ms: number) => new Date(ms).toISOString();
  const { data, error } = useAction<Found>(
    'media',
    'vod',
    'SearchMedia',
    {
      ...inApp(app), StreamDomains: [live?.Domain], StreamPaths: [live?.Path], StreamIds: [live?.StreamId], SourceTypes: ['Record'], Status: ['Normal'], MediaTypes: [info.BasicInfo.Type],
      CreateTime: { After: day(from(info) - around), Before: day(to(info) + around) }, Sort: { Field: 'CreateTime', Order: 'Asc' }, Limit: most, Filters: ['basicInfo', 'metaData'],
    },
    { enabled },
  );
  const pieces = useMemo(() => (!enabled ? [info] : data && showOf(info, data.MediaInfoSet)), [enabled, data, info]);
  return { pieces, error };
}
