import { useState } from 'react';
import { App, Button, DatePicker, Empty, Flex, Input, Select, Skeleton, Table } from 'antd';
import dayjs from 'dayjs';
import { Link, useSearchParams } from 'react-router';
import { useAction, useChange } from '../api/hooks';
import { useLive } from '../api/live';
import { Failure } from '../components/Failure';
import { Name } from '../components/Name';
import { Popconfirm } from '../components/Popconfirm';
import { useTexts } from '../i18n/texts';
import { isKind, kinds, type Tries, type Try } from './api';
import { Outcome } from './Exchange';
import { filtersOf, pageSize, paramsOf, searchOf, spanOf, type Filters } from './filters';
import { texts } from './texts';
import { TryDrawer } from './TryDrawer';

const idOf = (x: Try) => `${x.EventId}@${x.EventTime}@${x.Url}`;

/** Every try of 14 days, with what was sent and what came back. */
export function Log() {
  const t = useTexts(texts);
  const { message } = App.useApp();
  const [search, setSearch] = useSearchParams();
  const filters = filtersOf(search);
  const { at = Date.now() } = useLive();
  const [shown, setShown] = useState<Try>();
  const [chosen, setChosen] = useState<string[]>([]);
  const { data, error, refetch } = useAction<Tries>('callbacks', 'live', 'DescribeCallbackRecordsList', paramsOf(filters, at), { keep: true });
  const replay = useChange<object, { EventCount: number }>('live', 'ReplayCallbacks', ['callbacks']);
  const change = (to: Partial<Filters>) => setSearch(searchOf({ ...filters, page: 1, ...to }), { replace: true });
  const send = (params: object) =>
    replay.mutate(params, {
      onSuccess: ({ EventCount }) => {
        void message.info(t.replayed(EventCount));
        setChosen([]);
      },
      onError: (error) => void message.error(error.message),
    });
  const filtered = Boolean(filters.stream || filters.event || filters.result || filters.id || filters.day);
  const events = [...new Set(chosen.map((key) => key.split('@')[0] ?? ''))];
  const kindOf = (n: number) => (isKind(n) ? t.kind[n] : t.type(n));
  return (
    <Flex vertical gap={12}>
      <FilterBar filters={filters} change={change} />
      <Flex gap={8} wrap>
        <Button disabled={!events.length} loading={replay.isPending} onClick={() => send({ EventIds: events })}>{events.length ? t.replayOf(events.length) : t.replay}</Button>
        <Popconfirm
          title={t.replayAsk}
          okText={t.replay}
          cancelText={t.cancel}
          onConfirm={() => send({ ...spanOf(filters.day, at), OnlyFailed: true, StreamName: filters.stream, ...(filters.event ? { EventType: Number(filters.event) } : {}) })}
        >
          <Button disabled={Boolean(filters.id)}>{t.replayFailed}</Button>
        </Popconfirm>
        {filtered && <Button type="text" onClick={() => setSearch({}, { replace: true })}>{t.clear}</Button>}
      </Flex>
      {error ? (
        <Failure error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Skeleton active />
      ) : !data.TotalNum ? (
        <Empty description={filtered ? t.noTriesFilter : t.noTries}>{!filtered && <Link to="/callbacks">{t.setUp}</Link>}</Empty>
      ) : (
        <Table<Try>
          size="small"
          rowKey={idOf}
          dataSource={data.DataInfoList}
          scroll={{ x: 900 }}
          rowSelection={{ selectedRowKeys: chosen, onChange: (keys) => setChosen(keys.map(String)), hideSelectAll: true, getCheckboxProps: (x) => ({ 'aria-label': `${t.event} ${x.EventId}` }) }}
          pagination={{ current: filters.page, pageSize, total: data.TotalNum, showSizeChanger: false, showTotal: t.page, onChange: (page) => change({ page }) }}
          columns={[
            { title: t.time, key: 'time', width: 165, render: (_, x) => dayjs(x.EventTime).format('YYYY-MM-DD HH:mm:ss') },
            { title: t.event, key: 'event', width: 165, render: (_, x) => kindOf(x.EventType) },
            { title: t.stream, key: 'stream', ellipsis: true, render: (_, x) => <Name>{`${x.AppName}/${x.StreamId}`}</Name> },
            { title: t.to, key: 'to', ellipsis: true, render: (_, x) => <Name>{x.Url}</Name> },
            { title: t.result, key: 'result', width: 170, render: (_, x) => <Outcome code={x.ResultCode} /> },
            { title: t.took, key: 'took', width: 90, render: (_, x) => t.ms(x.Duration) },
            { title: '', key: 'show', width: 90, render: (_, x) => <Button size="small" type="link" onClick={() => setShown(x)} aria-label={`${t.details} ${x.EventId}`}>{t.details}</Button> },
          ]}
        />
      )}
      {shown && (
        <TryDrawer
          key={idOf(shown)}
          shown={shown}
          onClose={() => setShown(undefined)}
          onAll={() => {
            change({ id: shown.EventId, stream: '', event: '', result: '' });
            setShown(undefined);
          }}
        />
      )}
    </Flex>
  );
}

function FilterBar({ filters, change }: { filters: Filters; change: (to: Partial<Filters>) => void }) {
  const t = useTexts(texts);
  return (
    <Flex gap={8} wrap role="search">
      <Input.Search key={filters.stream} allowClear defaultValue={filters.stream} placeholder={t.anyStream} aria-label={t.stream} style={{ width: 220 }} onSearch={(stream) => change({ stream })} />
      <Select aria-label={t.event} style={{ width: 190 }} value={filters.event} onChange={(event) => change({ event })} options={[{ value: '', label: t.anyEvent }, ...kinds.map((k) => ({ value: String(k.type), label: t.kind[k.type] }))]} />
      <Select aria-label={t.result} style={{ width: 150 }} value={filters.result} onChange={(result) => change({ result })} options={[{ value: '', label: t.anyResult }, { value: '0', label: t.delivered }, { value: '1', label: t.failed }]} />
      <Input.Search key={`id${filters.id}`} allowClear defaultValue={filters.id} placeholder={t.eventId} aria-label={t.eventId} inputMode="numeric" style={{ width: 190 }} onSearch={(id) => change({ id: id.replace(/\D/g, '') })} />
      <DatePicker
        aria-label={`${t.last24}, ${t.oneDay}`}
        placeholder={t.last24}
        style={{ width: 170 }}
        value={filters.day ? dayjs(filters.day) : null}
        minDate={dayjs().subtract(14, 'day')}
        maxDate={dayjs()}
        onChange={(day) => change({ day: day ? day.format('YYYY-MM-DD') : '' })}
      />
    </Flex>
  );
}
