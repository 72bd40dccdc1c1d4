import type { BasicInfo, MediaInfo, MetaData, RecordInfo } from './types';

/** A file for tests: a recording of a minute. */
export function file(FileId: string, basic: Partial<BasicInfo> = {}, meta: Partial<MetaData> = {}, record: Partial<RecordInfo> = {}): MediaInfo {
  return {
    FileId,
    BasicInfo: {
      Name: `show ${FileId}`, Description: '', CreateTime: '2026-01-02T20:10:00Z', UpdateTime: '2026-01-02T20:10:00Z', ExpireTime: '9999-12-31T23:59:59Z', ClassId: 0, ClassName: 'Other', ClassPath: 'Other', CoverUrl: '', Type: 'mp4',
      MediaUrl: `http://other.example:9/vod/${FileId}/show.mp4`, StoragePath: FileId, TagSet: [], Category: 'Video', Status: 'Normal', StorageClass: 'STANDARD',
      SourceInfo: { SourceType: 'Record', SourceContext: '', LiveRecordInfo: { Domain: 'd', Path: 'live', StreamId: 'show', RecordStartTime: '2026-01-02T20:00:00Z', RecordEndTime: '2026-01-02T20:01:00Z' } },
      ...basic,
    },
    MetaData: { Size: 1_000_000, Bitrate: 0, Width: 1280, Height: 720, Duration: 60, VideoStreamSet: [{ Bitrate: 0, Width: 1280, Height: 720, Codec: 'h264', Fps: 25 }], AudioStreamSet: [], Sha256: '', ...meta },
    RecordInfo: { TemplateId: 1, CauseKind: 'rule', Cause: 'd/*/*', SessionId: 's', Reason: 'stream_end', Recovered: false, GapSet: [], Held: false, HoldReason: '', HoldTime: '', HoldBy: '', Note: '', ...record },
    TranscodeInfo: null, ImageSpriteInfo: null, AnimatedGraphicsInfo: null, SnapshotByTimeOffsetInfo: null, SampleSnapshotInfo: null, AdaptiveDynamicStreamingInfo: null, KeyFrameDescInfo: null,
  };
}

/** A file of the same stream that begins at a time of that day. */
export function at(FileId: string, time: string, Type: string, seconds = 60): MediaInfo {
  const base = file(FileId);
  const live = { ...base.BasicInfo.SourceInfo.LiveRecordInfo!, RecordStartTime: `2026-01-02T${time}Z` };
  return file(FileId, { Type, SourceInfo: { ...base.BasicInfo.SourceInfo, LiveRecordInfo: live } }, { Duration: seconds });
}
