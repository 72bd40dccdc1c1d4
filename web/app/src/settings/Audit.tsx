import { useState } from 'react';
import { Button, Empty, Flex, Grid, Skeleton, Table, Tag, Typography } from 'antd';
import dayjs from 'dayjs';
import { Link, useSearchParams } from 'react-router';
import { useAction } from '../api/hooks';
import { useLive } from '../api/live';
import { Failure } from '../components/Failure';
import { Name } from '../components/Name';
import { useTexts } from '../i18n/texts';
import type { AccessKey } from './AccessKeys';
import { accountTexts } from './accountTexts';
import { AuditEntry } from './AuditEntry';
import { AuditFilterBar } from './AuditFilterBar';
import { auditFiltersOf, auditSearchOf, summary, taskOf, type AuditEvent } from './auditFilters';
import { useAudit } from './useAudit';

/** Who changed what, and who logged in. */
export function Audit() {
  const t = useTexts(accountTexts);
  const wide = Grid.useBreakpoint().md ?? true;
  const [search, setSearch] = useSearchParams();
  const { at = Date.now() } = useLive();
  const [shown, setShown] = useState<AuditEvent>();
  const filters = auditFiltersOf(search);
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useAudit(filters, at);
  const names = useKeyNames();
  const narrow = Boolean(filters.who || filters.action || filters.product || filters.result || filters.request);
  const nameOf = (e: AuditEvent) => t.events[e.EventName] ?? e.EventName;
  const button = (e: AuditEvent) => (
    <Button size="small" type="link" onClick={() => setShown(e)} aria-label={`${t.details}: ${nameOf(e)} ${e.EventId}`}>
      {t.details}
    </Button>
  );
  return (
    <Flex vertical gap={12}>
      <AuditFilterBar filters={filters} change={(to) => setSearch(auditSearchOf({ ...filters, ...to }), { replace: true })} />
      {error ? (
        <Failure error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Skeleton active />
      ) : !data.events.length ? (
        <Empty description={narrow ? t.noMatch : t.noEntries}>
          {narrow ? <Button onClick={() => setSearch({}, { replace: true })}>{t.clear}</Button> : <Link to="/explorer">{t.anyProgram}</Link>}
        </Empty>
      ) : (
        <>
          {wide ? (
            <Table<AuditEvent>
              size="small"
              rowKey="EventId"
              dataSource={data.events}
              pagination={false}
              scroll={{ x: 860 }}
              columns={[
                { title: t.when, key: 'when', width: 170, render: (_, e) => <span style={{ whiteSpace: 'nowrap' }}>{time(e)}</span> },
                { title: t.who, key: 'who', width: 180, ellipsis: true, render: (_, e) => <Who of={e} names={names} /> },
                { title: t.what, key: 'what', width: 230, render: (_, e) => <What of={e} name={nameOf(e)} /> },
                { title: t.params, key: 'params', ellipsis: true, render: (_, e) => <Name>{summary(e.RequestParameters)}</Name> },
                { title: t.result, key: 'result', width: 190, render: (_, e) => <Result of={e} /> },
                { title: '', key: 'more', width: 90, render: (_, e) => button(e) },
              ]}
            />
          ) : (
            data.events.map((e) => (
              <Flex key={e.EventId} vertical gap={2} style={{ borderBottom: '1px solid rgba(128,128,128,0.2)', paddingBottom: 8 }}>
                <Flex justify="space-between" align="center" gap={8}>
                  <Flex wrap gap="0 8px" align="baseline" style={{ minWidth: 0 }}>
                    <Typography.Text strong style={{ overflowWrap: 'anywhere' }}>{nameOf(e)}</Typography.Text>
                    <Typography.Text type="secondary" style={{ fontSize: 12 }}>{e.EventSource}</Typography.Text>
                  </Flex>
                  {button(e)}
                </Flex>
                <Flex wrap gap="2px 12px" align="baseline">
                  <Typography.Text type="secondary">{time(e)}</Typography.Text>
                  <Who of={e} names={names} inline />
                </Flex>
                {(e.ApiErrorCode || taskOf(e)) && <div><Result of={e} /></div>}
              </Flex>
            ))
          )}
          <Flex gap={12} align="center" justify="center">
            <Typography.Text type="secondary">{t.total(data.total)}</Typography.Text>
            {hasNextPage && <Button loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>{t.older}</Button>}
          </Flex>
        </>
      )}
      <AuditEntry of={shown} name={shown ? nameOf(shown) : ''} close={() => setShown(undefined)} />
    </Flex>
  );
}

const time = (e: AuditEvent): string => dayjs.unix(Number(e.EventTime)).format('YYYY-MM-DD HH:mm:ss');

/** What keys are for, by their IDs. */
function useKeyNames(): ReadonlyMap<string, string> {
  const t = useTexts(accountTexts);
  const { data } = useAction<{ AccessKeys: AccessKey[] }>('keys', 'cam', 'ListAccessKeys');
  return new Map(data?.AccessKeys.map((k) => [k.AccessKeyId, k.Description || (k.BuiltIn ? t.builtIn : '')]));
}

function Who({ of: e, names, inline = false }: { of: AuditEvent; names: ReadonlyMap<string, string>; inline?: boolean }) {
  const t = useTexts(accountTexts);
  return (
    <Flex vertical={!inline} gap={inline ? 8 : 0} align={inline ? 'baseline' : 'stretch'} style={{ minWidth: 0 }}>
      {e.SecretId ? <Name>{names.get(e.SecretId) || shortKey(e.SecretId)}</Name> : <span>{t.byConsole}</span>}
      <Typography.Text type="secondary" style={{ fontSize: 12 }}>{e.SourceIPAddress}</Typography.Text>
    </Flex>
  );
}

/** The beginning and the end of an ID, by which people tell keys apart. */
const shortKey = (id: string): string => (id.length > 16 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id);

function What({ of: e, name }: { of: AuditEvent; name: string }) {
  return (
    <Flex vertical style={{ minWidth: 0 }}>
      <Typography.Text style={{ overflowWrap: 'anywhere' }}>{name}</Typography.Text>
      <Typography.Text type="secondary" style={{ fontSize: 12 }}>{e.EventSource}</Typography.Text>
    </Flex>
  );
}

function Result({ of: e }: { of: AuditEvent }) {
  const t = useTexts(accountTexts);
  // What became of it is told by the task.
  if (!e.ApiErrorCode && taskOf(e)) return <Tag color="processing">{t.begun}</Tag>;
  if (!e.ApiErrorCode) return <Tag color="success">{t.done}</Tag>;
  return (
    <Tag color="error" style={{ maxWidth: '100%', overflow: 'hidden', textOverflow: 'ellipsis' }} title={e.ApiErrorCode}>
      {t.codes[e.ApiErrorCode] ?? e.ApiErrorCode}
    </Tag>
  );
}
