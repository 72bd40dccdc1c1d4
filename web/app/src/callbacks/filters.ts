// What of the log is shown: it stands in the address of the page.

export interface Filters {
  stream: string;
  /** Type of event, or empty. */
  event: string;
  /** A ResultCode: 0 delivered, 1 not delivered, or empty. */
  result: string;
  /** Number of an event, or empty. */
  id: string;
  /** A day as 2006-01-02, in the browser's zone; empty: the last 24 hours. */
  day: string;
  page: number;
}

const names = ['stream', 'event', 'result', 'id', 'day'] as const;

export function filtersOf(search: URLSearchParams): Filters {
  const text = (name: string) => search.get(name) ?? '';
  const page = Math.floor(Number(text('page')));
  return { stream: text('stream'), event: text('event'), result: text('result'), id: text('id'), day: text('day'), page: page >= 1 ? page : 1 };
}

/** The address of filters; another page than the first is kept only where nothing else changes. */
export function searchOf(filters: Filters): URLSearchParams {
  const out = new URLSearchParams();
  for (const name of names) if (filters[name]) out.set(name, filters[name]);
  if (filters.page > 1) out.set('page', String(filters.page));
  return out;
}

/** Ten minutes, by which the last 24 hours go on: what is asked for stays the same in between. */
const step = 600_000;
const dayLength = 86_400_000;

const iso = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** The span of time that is asked for: never more than a day. */
export function spanOf(day: string, now: number): { StartTime: string; EndTime: string } {
  const start = /^\d{4}-\d\d-\d\d$/.test(day) ? new Date(`${day}T00:00:00`).getTime() : NaN;
  if (!Number.isNaN(start)) return { StartTime: iso(start), EndTime: iso(start + dayLength - 1000) };
  const end = (Math.floor(now / step) + 2) * step;
  return { StartTime: iso(end - dayLength), EndTime: iso(end) };
}

export const pageSize = 20;

/** Parameters of DescribeCallbackRecordsList. */
export function paramsOf(f: Filters, now: number): Record<string, unknown> {
  return {
    ...spanOf(f.day, now),
    StreamName: f.stream,
    PageNum: f.page,
    PageSize: pageSize,
    ...(f.event ? { EventType: Number(f.event) } : {}),
    ...(f.result ? { ResultCode: Number(f.result) } : {}),
    ...(f.id ? { EventId: f.id } : {}),
  };
}
