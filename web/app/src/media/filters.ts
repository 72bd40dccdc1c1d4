// What is looked for, as the address of the page has it and as SearchMedia takes it.

/** What is looked for. Names of the query string are short: people hand such addresses on. */
export interface Filters {
  text: string;
  classId?: number;
  tags: string[];
  types: string[];
  sources: string[];
  status: string[];
  storage: string[];
  domain: string;
  path: string;
  stream: string;
  /** ISO 8601; or empty. */
  from: string;
  to: string;
  app: number;
  oldest: boolean;
  page: number;
  size: number;
  /** Empty: as it was looked at last. */
  view: '' | 'list' | 'grid';
}

export const pageSizes = [24, 48, 96];
/** How far SearchMedia goes: Offset and Limit together. */
export const reach = 5000;

export const types = ['mp4', 'hls', 'flv', 'aac', 'm4a', 'mp3'];
export const sources = ['Record', 'VideoProcessing', 'Upload'];
export const statuses = ['Normal', 'Recording', 'Forbidden', 'Lost'];
export const storageClasses = ['STANDARD', 'STANDARD_IA'];

const listed = (text: string | null) => (text ?? '').split(',').filter(Boolean);
const whole = (text: string | null, other: number) => (text !== null && /^\d{1,16}$/.test(text) ? Number(text) : other);

/** A way to look at files; empty if it is none. */
export const viewOf = (text: string | null): Filters['view'] => (text === 'list' || text === 'grid' ? text : '');

/** Reads the address. What it does not know it passes over: addresses are typed, too. */
export function read(query: URLSearchParams): Filters {
  const size = whole(query.get('size'), 24);
  const known = pageSizes.includes(size) ? size : 24;
  const classId = query.get('class');
  return {
    text: query.get('q') ?? '',
    ...(classId !== null && /^\d{1,16}$/.test(classId) ? { classId: Number(classId) } : {}),
    tags: query.getAll('tag'),
    types: listed(query.get('type')),
    sources: listed(query.get('source')),
    status: listed(query.get('status')),
    storage: listed(query.get('storage')),
    domain: query.get('domain') ?? '',
    path: query.get('path') ?? '',
    stream: query.get('stream') ?? '',
    from: query.get('from') ?? '',
    to: query.get('to') ?? '',
    app: whole(query.get('app'), 0),
    oldest: query.get('sort') === 'oldest',
    page: Math.min(Math.max(1, whole(query.get('page'), 1)), Math.floor(reach / known)),
    size: known,
    view: viewOf(query.get('view')),
  };
}

/** Writes the address; what is as always is left out. */
export function write(f: Filters): URLSearchParams {
  const query = new URLSearchParams();
  const set = (name: string, value: string) => value && query.set(name, value);
  set('q', f.text);
  if (f.classId !== undefined) query.set('class', String(f.classId));
  for (const tag of f.tags) query.append('tag', tag);
  set('type', f.types.join(','));
  set('source', f.sources.join(','));
  set('status', f.status.join(','));
  set('storage', f.storage.join(','));
  set('domain', f.domain);
  set('path', f.path);
  set('stream', f.stream);
  set('from', f.from);
  set('to', f.to);
  set('app', f.app ? String(f.app) : '');
  set('sort', f.oldest ? 'oldest' : '');
  set('page', f.page > 1 ? String(f.page) : '');
  set('size', f.size === 24 ? '' : String(f.size));
  set('view', f.view);
  return query;
}

/** The parameters of SearchMedia. */
export function search(f: Filters): object {
  const created = { ...(f.from ? { After: f.from } : {}), ...(f.to ? { Before: f.to } : {}) };
  return {
    ...(f.app ? { SubAppId: f.app } : {}),
    ...(f.text.trim() ? { Text: f.text.trim() } : {}),
    ...(f.classId !== undefined ? { ClassIds: [f.classId] } : {}),
    ...(f.tags.length ? { Tags: f.tags } : {}),
    ...(f.types.length ? { MediaTypes: f.types } : {}),
    ...(f.sources.length ? { SourceTypes: f.sources } : {}),
    ...(f.status.length ? { Status: f.status } : {}),
    ...(f.storage.length ? { StorageClasses: f.storage } : {}),
    ...(f.domain ? { StreamDomains: [f.domain] } : {}),
    ...(f.path ? { StreamPaths: [f.path] } : {}),
    ...(f.stream ? { StreamIds: [f.stream] } : {}),
    ...(Object.keys(created).length ? { CreateTime: created } : {}),
    Sort: { Field: 'CreateTime', Order: f.oldest ? 'Asc' : 'Desc' },
    Offset: (f.page - 1) * f.size,
    Limit: Math.min(f.size, reach - (f.page - 1) * f.size),
    Filters: ['basicInfo', 'metaData'],
  };
}

/** How many filters are set beside the text: how many one would have to take away. */
export function narrowed(f: Filters): number {
  return [f.classId !== undefined, f.tags.length, f.types.length, f.sources.length, f.status.length, f.storage.length, f.domain, f.path, f.stream, f.from || f.to].filter(Boolean)
    .length;
}

/** The same without any filter. */
export function cleared(f: Filters): Filters {
  const { classId: _, ...rest } = f;
  return { ...rest, text: '', tags: [], types: [], sources: [], status: [], storage: [], domain: '', path: '', stream: '', from: '', to: '', page: 1 };
}
