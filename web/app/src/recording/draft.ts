// A template while it is typed.
import { formats, type RecordParam, type Template } from './types';

/** What the actions take of a template. */
export type Draft = Omit<Template, 'TemplateId' | 'IsDelayLive'>;

const param: RecordParam = { Enable: 0, RecordInterval: 1800, StorageTime: 0, VodSubAppId: 0, VodFileName: '', Procedure: '', StorageMode: 'normal', ClassId: 0 };

/**
 * A new template, with what the API would fill in, except that HLS waits five minutes for its stream to come back: that is what people choose it for. MP4,
 * since that is what most people want.
 */
export const blank: Draft = {
  TemplateName: '',
  Description: '',
  Mp4Param: { ...param, Enable: 1 },
  HlsParam: param,
  FlvParam: param,
  AacParam: param,
  Mp3Param: param,
  HlsSpecialParam: { FlowContinueDuration: 300 },
  Mp4SpecialParam: { FlowContinueDuration: 0 },
  RemoveWatermark: false,
  FlvSpecialParam: { UploadInRecording: false },
};

/** What is sent for what was typed: only fields that the actions know, and all of them, since one that is absent stays as it was. */
export function sent(values: Draft): Draft {
  const out: Draft = {
    TemplateName: values.TemplateName,
    Description: values.Description ?? '',
    FlvParam: param,
    HlsParam: param,
    Mp4Param: param,
    AacParam: param,
    Mp3Param: param,
    HlsSpecialParam: { FlowContinueDuration: values.HlsSpecialParam?.FlowContinueDuration ?? 0 },
    Mp4SpecialParam: { FlowContinueDuration: values.Mp4SpecialParam?.FlowContinueDuration ?? 0 },
    RemoveWatermark: values.RemoveWatermark ?? false,
    FlvSpecialParam: { UploadInRecording: values.FlvSpecialParam?.UploadInRecording ?? false },
  };
  for (const { param: name } of formats) {
    const { Enable, RecordInterval, StorageTime, VodSubAppId, VodFileName, Procedure, StorageMode, ClassId } = { ...param, ...values[name] };
    out[name] = { Enable, RecordInterval, StorageTime, VodSubAppId, VodFileName, Procedure, StorageMode, ClassId };
  }
  return out;
}

/** What is wrong with a template's name; undefined if it is good. */
export function nameMistake(name: string): 'none' | 'long' | 'bad' | undefined {
  if (!name) return 'none';
  if (new TextEncoder().encode(name).length > 255) return 'long';
  return /^[\p{L}\p{M}\p{Nd}_-]+$/u.test(name) ? undefined : 'bad';
}
