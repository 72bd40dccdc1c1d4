// What the actions of recording answer and take, as far as the pages use it.

/** How one format is recorded. */
export interface RecordParam {
  Enable: number;
  /** In seconds. */
  RecordInterval: number;
  /** In seconds; 0 keeps for ever. */
  StorageTime: number;
  VodSubAppId: number;
  VodFileName: string;
  Procedure: string;
  StorageMode: string;
  ClassId: number;
}

export interface Template {
  TemplateId: number;
  TemplateName: string;
  Description: string;
  FlvParam: RecordParam;
  HlsParam: RecordParam;
  Mp4Param: RecordParam;
  AacParam: RecordParam;
  Mp3Param: RecordParam;
  IsDelayLive: number;
  HlsSpecialParam: { FlowContinueDuration: number };
  Mp4SpecialParam?: { FlowContinueDuration: number };
  RemoveWatermark: boolean;
  FlvSpecialParam: { UploadInRecording: boolean };
}

/** The formats, in the order in which they are shown, with the names of their parameters. */
export const formats = [
  { format: 'mp4', param: 'Mp4Param' },
  { format: 'hls', param: 'HlsParam' },
  { format: 'flv', param: 'FlvParam' },
  { format: 'aac', param: 'AacParam' },
  { format: 'mp3', param: 'Mp3Param' },
] as const;
export type Format = (typeof formats)[number]['format'];
export type ParamName = (typeof formats)[number]['param'];

/** The formats that a template records. */
export function enabled(template: Template): Format[] {
  return formats.filter(({ param }) => template[param].Enable === 1).map(({ format }) => format);
}

export interface RuleKey {
  DomainName: string;
  AppName: string;
  StreamName: string;
}

export interface Rule extends RuleKey {
  TemplateId: number;
}

export interface Explanation {
  Decision: 'record' | 'exclude' | 'none';
  DomainName: string;
  Formats: string[];
  Rule: Rule | null;
  Shadowed: Rule[];
  Tasks: { TaskId: string }[];
}

export type TaskState = 'waiting' | 'recording' | 'interrupted' | 'done' | 'stopped' | 'missed' | 'failed';

/** A record task; times in Unix seconds. */
export interface Task extends RuleKey {
  TaskId: string;
  Action: 'CreateRecordTask' | 'CreateLiveRecord';
  StartTime: number;
  EndTime: number;
  CreateTime: number;
  TemplateId: number;
  Format: string;
  Extension: string;
  Stopped: number;
  State: TaskState;
  Reason: string;
  HistorySet: { State: TaskState; Time: number; Reason: string }[];
  FileIds: string[];
}

/** Whether nothing follows a state. */
export function over(state: TaskState): boolean {
  return state === 'done' || state === 'stopped' || state === 'missed' || state === 'failed';
}
