// What the actions of callbacks answer, and the kinds of events.

export interface Template {
  TemplateId: number;
  TemplateName: string;
  Description: string;
  CallbackKey: string;
  StreamBeginNotifyUrl: string;
  StreamEndNotifyUrl: string;
  RecordNotifyUrl: string;
  RecordStatusNotifyUrl: string;
  RecordExceptionNotifyUrl: string;
  RecordExceptionLevels: string[];
}

export interface Rule {
  DomainName: string;
  AppName: string;
  TemplateId: number;
  CreateTimeUtc: string;
}

export interface Header {
  Name: string;
  Value: string;
}

/** What was sent and what came back: of a try, or of a test. */
export interface Exchange {
  Url: string;
  ResultCode: number;
  /** In seconds. */
  Duration: number;
  RequestHeader: Header[];
  Request: string;
  ResponseHeader: Header[];
  Response: string;
}

export interface Try extends Exchange {
  EventId: string;
  EventType: number;
  EventTime: string;
  DomainName: string;
  AppName: string;
  StreamId: string;
}

export interface Tries {
  DataInfoList: Try[];
  TotalNum: number;
}

export interface Waiting {
  EventId: string;
  EventType: number;
  EventTime: string;
  DomainName: string;
  AppName: string;
  StreamName: string;
  State: 'pending' | 'parked';
  TryCount: number;
  NextTime: string;
  Url: string;
}

export interface Backlog {
  PendingCount: number;
  ParkedCount: number;
  OldestTime: string;
  EventSet: Waiting[];
}

/** The numbers of those that wait for one before them: events of a stream go to each address in their order. The oldest is first. */
export function behindOf(events: Waiting[]): Set<string> {
  const first = new Set<string>();
  return new Set(
    events
      .filter(({ DomainName, AppName, StreamName, Url, State }) => {
        const line = JSON.stringify([DomainName, AppName, StreamName, Url]);
        if (State === 'parked') return false;
        return first.has(line) || !first.add(line);
      })
      .map((e) => e.EventId),
  );
}

/** The kinds of events, with the field of a template that says where they go. */
export const kinds = [
  { type: 1, field: 'StreamBeginNotifyUrl' },
  { type: 0, field: 'StreamEndNotifyUrl' },
  { type: 100, field: 'RecordNotifyUrl' },
  { type: 332, field: 'RecordStatusNotifyUrl' },
  { type: 341, field: 'RecordExceptionNotifyUrl' },
] as const;

export type Kind = (typeof kinds)[number]['type'];
export type UrlField = (typeof kinds)[number]['field'];

export const isKind = (n: number): n is Kind => kinds.some(({ type }) => type === n);

/** The most there can be, and the longest texts in bytes. */
export const limits = { templates: 50, rules: 1000, name: 255, description: 1024, url: 2048, key: 255 };

/** How many bytes a text has on the wire. */
export const byteLength = (text: string): number => new TextEncoder().encode(text).length;

/** What can be done about a try that failed; undefined for one that did not. */
export type Advice =
  | 'refused' | 'nobody' | 'name' | 'slow' | 'certificate' | 'unreachable' | 'redirect' | 'denied' | 'missing' | 'often' | 'broken' | 'not200' | 'other';

/** Finds out what can be done about the outcome of a try. */
export function adviceOn({ ResultCode: code, Response: text }: Pick<Exchange, 'ResultCode' | 'Response'>): Advice | undefined {
  if (code === 0) return undefined;
  if (code === 1) {
    const found = reasons.find(([, pattern]) => pattern.test(text));
    return found ? found[0] : 'unreachable';
  }
  if (code >= 200 && code < 300) return 'not200';
  if (code >= 300 && code < 400) return 'redirect';
  if (code === 401 || code === 403) return 'denied';
  if (code === 404 || code === 405 || code === 410) return 'missing';
  if (code === 429) return 'often';
  return code >= 500 ? 'broken' : 'other';
}

const reasons: [Advice, RegExp][] = [
  ['refused', /is refused: /],
  ['nobody', /connection refused/],
  ['name', /no such host|server misbehaving/],
  ['certificate', /certificate|x509|tls: /],
  ['slow', /deadline exceeded|timeout|Timeout/],
];

/** JSON with line breaks; what is none stays as it is. */
export function pretty(text: string): string {
  try {
    // Numbers beyond what JavaScript holds would change: such a body is shown as it was sent.
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text.trim() ? JSON.stringify(value, null, 2) : text;
  } catch {
    return text;
  }
}
