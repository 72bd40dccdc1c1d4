import { useCallback, useEffect, useMemo, useState } from 'react';
import { AppstoreOutlined, BarsOutlined, FilterOutlined } from '@ant-design/icons';
import { Badge, Button, Card, Empty, Flex, Pagination, Segmented, Select, Skeleton, Typography } from 'antd';
import { Link, useSearchParams } from 'react-router';
import { useAction } from '../api/hooks';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { Page } from '../layout/Page';
import { Bulk } from './Bulk';
import { FilterPanel } from './Filters';
import { cleared, narrowed, pageSizes, reach, search, viewOf } from './filters';
import { MediaGrid } from './Grid';
import { SearchBox } from './Search';
import { MediaTable } from './Table';
import { texts } from './texts';
import { SpliceDialog } from './Splice';
import { spliceSpan } from './splice';
import { steady } from './titles';
import type { Found, MediaInfo } from './types';
import { useFilters } from './useFilters';
import { WorkButton } from './Work';

/** Where this browser remembers how files were looked at. */
const viewKey = 'aircheck.media.view';

/** The catalogue: found while one types, kept up to date by the server. */
export default function List() {
  const t = useTexts(texts);
  const [filters, change, set] = useFilters();
  const [open, setOpen] = useState(narrowed(filters) > 0);
  const [chosen, setChosen] = useState<ReadonlyMap<string, MediaInfo>>(new Map());
  const { data, error, refetch, isPlaceholderData } = useAction<Found>('media', 'vod', 'SearchMedia', search(filters), { keep: true });
  const files = useMemo(() => steady(data?.MediaInfoSet ?? []), [data]);
  // Files of another application are not those that can be seen.
  const [of, setOf] = useState(filters.app);
  if (of !== filters.app) {
    setOf(filters.app);
    setChosen(new Map());
  }
  // The last file of the last page may have been deleted.
  const last = Math.max(1, Math.ceil(Math.min(data?.TotalCount ?? 0, reach) / filters.size));
  const beyond = data !== undefined && !isPlaceholderData && !files.length && filters.page > last;
  useEffect(() => {
    if (beyond) change({ page: last });
  }, [beyond, last, change]);
  const choose = useCallback((some: MediaInfo[], on: boolean) => setChosen((now) => chosenAfter(now, some, on)), []);
  const [query] = useSearchParams();
  const span = spliceSpan(query);
  const order = useCallback((oldest: boolean) => change({ oldest }), [change]);
  const setText = useCallback((text: string) => change({ text }), [change]);
  const tags = useMemo(() => [...new Set(files.flatMap((f) => f.BasicInfo.TagSet))].sort(), [files]);
  const filtered = narrowed(filters) > 0 || filters.text.trim() !== '';
  const view = filters.view || viewOf(localStorage.getItem(viewKey)) || 'grid';
  const Show = view === 'list' ? MediaTable : MediaGrid;
  return (
    <Page title={t.title} extra={<WorkButton />}>
      <Flex wrap gap={8} align="center" style={{ marginBottom: 12 }}>
        <SearchBox value={filters.text} onChange={setText} />
        <Badge count={narrowed(filters)} size="small">
          <Button icon={<FilterOutlined />} aria-expanded={open} onClick={() => setOpen(!open)}>
            {t.filters}
          </Button>
        </Badge>
        {filtered && <Button type="link" onClick={() => set(cleared(filters))}>{t.clear}</Button>}
        <Flex gap={8} align="center" style={{ marginInlineStart: 'auto' }}>
          {data && <Typography.Text type="secondary">{t.files(data.TotalCount, data.TotalCount >= reach)}</Typography.Text>}
          <Select aria-label={t.order} value={filters.oldest ? 'oldest' : 'newest'} options={(['newest', 'oldest'] as const).map((v) => ({ value: v, label: t[v] }))} onChange={(v) => change({ oldest: v === 'oldest' })} />
          <Segmented
            aria-label={t.view}
            value={view}
            options={[
              { value: 'grid', icon: <AppstoreOutlined aria-label={t.grid} /> },
              { value: 'list', icon: <BarsOutlined aria-label={t.list} /> },
            ]}
            onChange={(v) => {
              localStorage.setItem(viewKey, v);
              change({ view: viewOf(v), page: filters.page });
            }}
          />
        </Flex>
      </Flex>
      {open && (
        <Card size="small" style={{ marginBottom: 12 }}>
          <FilterPanel filters={filters} change={change} tags={tags} />
        </Card>
      )}
      <Bulk app={filters.app} page={files} chosen={chosen} choose={choose} done={() => setChosen(new Map())} tags={tags} />
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton active />}
      {data && !files.length && !beyond && <Nothing filtered={filtered} clear={() => set(cleared(filters))} />}
      <div style={{ opacity: isPlaceholderData ? 0.6 : 1 }} aria-busy={isPlaceholderData}>
        {files.length > 0 && <Show files={files} app={filters.app} chosen={chosen} choose={choose} oldest={filters.oldest} order={order} />}
      </div>
      {span && <SpliceDialog key={query.get('splice')} files={[]} app={filters.app} stream={{ domain: filters.domain, app: filters.path || 'live', stream: filters.stream, ...span }} close={() => set(filters)} />}
      {data && data.TotalCount > pageSizes[0]! && (
        <Flex justify="center" style={{ marginTop: 16 }}>
          <Pagination
            current={filters.page}
            pageSize={filters.size}
            total={Math.min(data.TotalCount, reach)}
            pageSizeOptions={pageSizes}
            showSizeChanger
            responsive
            onChange={(page, size) => change({ page: size === filters.size ? page : 1, size })}
          />
        </Flex>
      )}
    </Page>
  );
}

function chosenAfter(now: ReadonlyMap<string, MediaInfo>, some: MediaInfo[], on: boolean): ReadonlyMap<string, MediaInfo> {
  const next = new Map(now);
  for (const file of some) {
    if (on) next.set(file.FileId, file);
    else next.delete(file.FileId);
  }
  return next;
}

function Nothing({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  const t = useTexts(texts);
  return (
    <Card>
      <Empty description={filtered ? t.none : t.empty}>
        {filtered ? <Button onClick={clear}>{t.clear}</Button> : <Link to="/streams"><Button type="primary">{t.emptyNext}</Button></Link>}
      </Empty>
    </Card>
  );
}
