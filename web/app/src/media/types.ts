// What the catalogue answers, as far as the pages of media show it: docs/api.md has all of it.

export type Status = 'Normal' | 'Recording' | 'Lost' | 'Forbidden';

export interface Gap {
  /** Place in the file, in seconds. */
  At: number;
  /** Seconds that the file lacks there; 0 when the time is there, but without that media. */
  Length: number;
  Units: number;
  Bytes: number;
  Reason: string;
}

export interface BasicInfo {
  Name: string;
  Description: string;
  CreateTime: string;
  UpdateTime: string;
  ExpireTime: string;
  ClassId: number;
  ClassName: string;
  ClassPath: string;
  CoverUrl: string;
  Type: string;
  MediaUrl: string;
  StoragePath: string;
  TagSet: string[];
  Category: string;
  Status: Status;
  StorageClass: string;
  SourceInfo: {
    SourceType: string;
    SourceContext: string;
    LiveRecordInfo: { Domain: string; Path: string; StreamId: string; RecordStartTime: string; RecordEndTime: string } | null;
  };
}

export interface MetaData {
  Size: number;
  Bitrate: number;
  Width: number;
  Height: number;
  Duration: number;
  VideoStreamSet: { Bitrate: number; Width: number; Height: number; Codec: string; Fps: number }[];
  AudioStreamSet: { Bitrate: number; SamplingRate: number; Codec: string }[];
  Sha256: string;
}

export interface RecordInfo {
  TemplateId: number;
  CauseKind: string;
  Cause: string;
  SessionId: string;
  Reason: string;
  Recovered: boolean;
  GapSet: Gap[];
  Held: boolean;
  HoldReason: string;
  HoldTime: string;
  HoldBy: string;
  Note: string;
}

export interface Transcode {
  Url: string;
  Definition: number;
  Bitrate: number;
  Width: number;
  Height: number;
  Size: number;
  Container: string;
}

export interface Sprite {
  Definition: number;
  TotalCount: number;
  WebVttUrl: string;
}

export interface MediaInfo {
  FileId: string;
  BasicInfo: BasicInfo;
  MetaData: MetaData;
  RecordInfo: RecordInfo;
  TranscodeInfo: { TranscodeSet: Transcode[] } | null;
  ImageSpriteInfo: { ImageSpriteSet: Sprite[] } | null;
  AnimatedGraphicsInfo: { AnimatedGraphicsSet: { Url: string; Container: string; Width: number; Height: number; Size: number }[] } | null;
  SnapshotByTimeOffsetInfo: { SnapshotByTimeOffsetSet: { PicInfoSet: { Url: string; TimeOffset: number }[] }[] } | null;
  SampleSnapshotInfo: { SampleSnapshotSet: { ImageUrlSet: string[] }[] } | null;
  AdaptiveDynamicStreamingInfo: { AdaptiveDynamicStreamingSet: { Url: string; Definition: number; Size: number }[] } | null;
  KeyFrameDescInfo: { KeyFrameDescSet: { TimeOffset: number; Content: string }[] } | null;
}

export interface Found {
  TotalCount: number;
  MediaInfoSet: MediaInfo[];
}

/** What never expires has this year. */
export const never = '9999-12-31T23:59:59Z';

export const lives = (info: MediaInfo): boolean => info.BasicInfo.ExpireTime.startsWith('9999');

/** The address of ours that the server told, as this page reaches the server: it may be known elsewhere by another name. */
export function local(address: string): string {
  if (!address) return '';
  const url = new URL(address, location.origin);
  return url.pathname + url.search;
}

/** The address by which a browser saves a file rather than show it. */
export const saved = (address: string): string => `${address}${address.includes('?') ? '&' : '?'}download=1`;

/** The HLS view of a file, by its address: of any format. */
export function hlsView(address: string): string {
  const at = address.indexOf('?');
  const [path, query] = at < 0 ? [address, ''] : [address.slice(0, at), address.slice(at)];
  return path.slice(0, path.lastIndexOf('.')) + '.m3u8' + query;
}

/** Where a file is shown. */
export function pathOf(fileId: string, app: number): string {
  return `/media/${fileId}${app ? `?app=${app}` : ''}`;
}
