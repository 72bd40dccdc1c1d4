import type { MediaInfo } from './types';

/** When a file was recorded, or else when it came into the catalogue. */
export function beginOf(info: MediaInfo): string {
  return info.BasicInfo.SourceInfo.LiveRecordInfo?.RecordStartTime || info.BasicInfo.CreateTime;
}
