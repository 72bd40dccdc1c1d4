import { useAction } from '../api/hooks';
import type { Rule, Template } from './api';

export const useTemplates = () => useAction<{ Templates: Template[] }>('callbacks', 'live', 'DescribeLiveCallbackTemplates');
export const useRules = () => useAction<{ Rules: Rule[] }>('callbacks', 'live', 'DescribeLiveCallbackRules');

/** What a rule is bound to, as people read it. */
export const places = (rules: Rule[], template: number): string[] =>
  rules.filter((r) => r.TemplateId === template).map((r) => `${r.DomainName}/${r.AppName || '*'}`);
