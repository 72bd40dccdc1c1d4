// What of the audit log is shown: it stands in the address of the page.

export interface AuditFilters {
  /** 'console', an access key, or empty. */
  who: string;
  action: string;
  product: string;
  result: '' | 'Done' | 'Failed';
  request: string;
  days: number;
}

/** The spans of time to choose from, in days; DescribeEvents takes 30 at most. */
export const spans = [1, 7, 30];

export function auditFiltersOf(search: URLSearchParams): AuditFilters {
  const text = (name: string) => search.get(name) ?? '';
  const result = text('result');
  const days = Number(text('days'));
  return {
    who: text('who'), action: text('action'), product: text('product'), request: text('request'),
    result: result === 'Done' || result === 'Failed' ? result : '',
    days: spans.includes(days) ? days : 7,
  };
}

export function auditSearchOf(f: AuditFilters): URLSearchParams {
  const out = new URLSearchParams();
  for (const name of ['who', 'action', 'product', 'result', 'request'] as const) if (f[name]) out.set(name, f[name]);
  if (f.days !== 7) out.set('days', String(f.days));
  return out;
}

/** Ten minutes, by which the span goes on: what is asked for stays the same in between. */
const step = 600;

/** Parameters of DescribeEvents. */
export function auditParamsOf(f: AuditFilters, now: number): { StartTime: number; EndTime: number; MaxResults: number; LookupAttributes: { AttributeKey: string; AttributeValue: string }[] } {
  const end = (Math.floor(now / 1000 / step) + 2) * step;
  const by = { Username: f.who, EventName: f.action, ResourceType: f.product, Result: f.result, RequestId: f.request };
  return {
    StartTime: end - f.days * 86_400,
    EndTime: end,
    MaxResults: 50,
    LookupAttributes: Object.entries(by).filter(([, value]) => value).map(([AttributeKey, AttributeValue]) => ({ AttributeKey, AttributeValue })),
  };
}

/** An entry as DescribeEvents tells of it. */
export interface AuditEvent {
  EventId: string;
  Username: string;
  EventTime: string;
  EventName: string;
  EventSource: string;
  SourceIPAddress: string;
  SecretId: string;
  RequestID: string;
  ApiErrorCode: string;
  Scheme: string;
  UserAgent: string;
  RequestParameters: string;
  ResponseElements: string;
}

/** JSON on lines of its own; what was cut, and is none any more, as it is. Empty for what has nothing in it. */
export function laidOut(text: string): string {
  try {
    const tree: unknown = JSON.parse(text);
    if (tree && typeof tree === 'object' && !Object.keys(tree).length) return '';
    return JSON.stringify(tree, null, 2);
  } catch {
    return text;
  }
}

/** Parameters as names and values, those in structures by their whole names; undefined for none and for what was cut and is no JSON any more. */
export function pairs(text: string): [string, string][] | undefined {
  let tree: unknown;
  try {
    tree = JSON.parse(text);
  } catch {
    return undefined;
  }
  const out: [string, string][] = [];
  const walk = (name: string, value: unknown) => {
    if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) out.push([name, value.join(', ')]);
    else if (typeof value === 'object' && value !== null) for (const [key, inner] of Object.entries(value)) walk(name ? `${name}.${key}` : key, inner);
    else out.push([name, String(value)]);
  };
  walk('', tree);
  return out.length && out[0]![0] ? out : undefined;
}

/** The parameters of an entry in a line: names and values, as far as they are short. */
export function summary(text: string): string {
  const all = pairs(text);
  return (all ? all.map(([name, value]) => `${name}: ${value}`).join(' · ') : laidOut(text)).slice(0, 300);
}

/** The task of the catalogue that an action began, and that may have failed since; empty for what was done at once. */
export function taskOf({ EventSource, ResponseElements }: AuditEvent): string {
  if (EventSource !== 'vod') return '';
  try {
    const { TaskId, FileId } = JSON.parse(ResponseElements) as { TaskId?: string; FileId?: string };
    return FileId ? '' : (TaskId ?? '');
  } catch {
    return '';
  }
}
