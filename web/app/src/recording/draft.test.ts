import { describe, expect, it } from 'vitest';
import { blank, nameMistake, sent } from './draft';
import { summary } from './summary';
import { texts } from './texts';
import type { Template } from './types';

describe('a template', () => {
  it('is sent whole, without what the actions do not know', () => {
    const shown = { ...blank, TemplateId: 5, IsDelayLive: 0, TemplateName: 'a', HlsSpecialParam: { FlowContinueDuration: 60 } } as Template;
    delete shown.Mp4SpecialParam;
    const out = sent(shown);
    expect(Object.keys(out)).not.toContain('TemplateId');
    expect(Object.keys(out)).not.toContain('IsDelayLive');
    expect(out.Mp4SpecialParam).toEqual({ FlowContinueDuration: 0 });
    expect(out.HlsSpecialParam).toEqual({ FlowContinueDuration: 60 });
    expect(out.FlvParam.RecordInterval).toBe(1800);
  });
  it('goes on after breaks if it is a new one with HLS', () => {
    const hls = { ...blank, Mp4Param: blank.HlsParam, HlsParam: blank.Mp4Param } as Template;
    expect(summary(hls, texts.en)).toEqual([{ format: 'hls', text: 'one file for the whole push · goes on after breaks of up to 5 min · kept for ever' }]);
  });
  it('says what it does', () => {
    const template = { ...blank, Mp4Param: { ...blank.Mp4Param, RecordInterval: 7200, StorageTime: 2_592_000 }, Mp4SpecialParam: { FlowContinueDuration: 60 } } as Template;
    expect(summary(template, texts.en)).toEqual([{ format: 'mp4', text: 'a file every 2 h · goes on after breaks of up to 1 min · kept 30 days' }]);
    expect(summary({ ...template, Mp4Param: { ...template.Mp4Param, Enable: 0 } }, texts.en)).toEqual([]);
  });
  it('has a name as the server wants it', () => {
    expect(['', 'a b', 'a/b', '录制-1_x', 'ü', 'x'.repeat(256)].map(nameMistake)).toEqual(['none', 'bad', 'bad', undefined, undefined, 'long']);
  });
});
