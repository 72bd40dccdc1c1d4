// What a template does, in words.
import type { RecordingTexts } from './texts';
import { formats, type Format, type Template } from './types';

/** A line for each format that is recorded: "a file every 2 h · kept 30 days". */
export function summary(template: Template, t: RecordingTexts): { format: Format; text: string }[] {
  return formats
    .filter(({ param }) => template[param]?.Enable === 1)
    .map(({ format, param }) => {
      const p = template[param];
      const flow = format === 'hls' ? template.HlsSpecialParam?.FlowContinueDuration : format === 'mp4' ? template.Mp4SpecialParam?.FlowContinueDuration : 0;
      const said = [
        format === 'hls' ? t.oneFile : t.every(t.spell(p.RecordInterval)),
        flow ? t.splices(t.spell(flow)) : '',
        p.StorageTime ? t.kept(t.spell(p.StorageTime)) : t.forever,
        p.StorageMode === 'cold' ? t.cold : '',
        p.Procedure ? t.procedure(p.Procedure) : '',
      ];
      return { format, text: said.filter(Boolean).join(' · ') };
    });
}

/** Templates to choose from, each with what it does. */
export function options(templates: readonly Template[], t: RecordingTexts): { value: number; label: string }[] {
  return templates.map((p) => ({
    value: p.TemplateId,
    label: `${p.TemplateName} – ${summary(p, t).map(({ format, text }) => `${format.toUpperCase()}: ${text}`).join('; ') || t.nothing}`,
  }));
}
