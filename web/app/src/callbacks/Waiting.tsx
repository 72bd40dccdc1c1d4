import { Alert, App, Button, Card, Col, Empty, Flex, Row, Skeleton, Statistic, Table, Tag, Tooltip, Typography } from 'antd';
import dayjs from 'dayjs';
import { Link } from 'react-router';
import { useAction, useChange } from '../api/hooks';
import { useLive } from '../api/live';
import { Failure } from '../components/Failure';
import { Name } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { behindOf, isKind, type Backlog, type Waiting as Event } from './api';
import { texts } from './texts';

/** What is not delivered yet, and when it is tried next. */
export function Waiting() {
  const t = useTexts(texts);
  const { message } = App.useApp();
  const { at = Date.now() } = useLive();
  const { data, error, refetch } = useAction<Backlog>('callbacks', 'live', 'DescribeCallbackBacklog', { Limit: 100 });
  const replay = useChange<object, { EventCount: number }>('live', 'ReplayCallbacks', ['callbacks']);
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton active />;
  // Not by number: only the first of them are listed. Those that are pending are left alone.
  const sendParked = () =>
    replay.mutate({ StartTime: '1970-01-01T00:00:00Z', EndTime: dayjs().add(1, 'day').toISOString(), OnlyFailed: true }, { onSuccess: ({ EventCount }) => void message.info(t.replayed(EventCount)) });
  const behind = behindOf(data.EventSet);
  const all = data.PendingCount + data.ParkedCount;
  return (
    <Flex vertical gap={12}>
      <Row gutter={[12, 12]}>
        {[
          { title: t.pending, value: String(data.PendingCount), hint: t.pendingHint },
          { title: t.parked, value: String(data.ParkedCount), hint: t.parkedHint },
          { title: t.oldest, value: data.OldestTime ? dayjs(data.OldestTime).format('MM-DD HH:mm:ss') : t.none },
        ].map(({ title, value, hint }) => (
          <Col key={title} xs={24} md={8}>
            <Card size="small" style={{ height: '100%' }}>
              <Statistic title={title} value={value} />
              {hint && <Typography.Text type="secondary" style={{ fontSize: 12 }}>{hint}</Typography.Text>}
            </Card>
          </Col>
        ))}
      </Row>
      {data.ParkedCount > 0 && (
        <Alert type="warning" showIcon title={t.parkedWarning(data.ParkedCount)} description={<Flex gap={12} wrap align="center"><Link to="/callbacks/log?result=1">{t.see}</Link><Button size="small" loading={replay.isPending} onClick={sendParked}>{t.sendAllParked}</Button></Flex>} />
      )}
      {replay.error && <Failure error={replay.error} />}
      {!all ? (
        <Empty description={t.nothingWaits} />
      ) : (
        <>
          <Table<Event>
            size="small"
            rowKey="EventId"
            dataSource={data.EventSet}
            pagination={data.EventSet.length > 20 ? { pageSize: 20, showSizeChanger: false } : false}
            scroll={{ x: 900 }}
            columns={[
              { title: t.time, key: 'time', width: 165, render: (_, e) => dayjs(e.EventTime).format('YYYY-MM-DD HH:mm:ss') },
              { title: t.event, key: 'event', width: 165, render: (_, e) => (isKind(e.EventType) ? t.kind[e.EventType] : t.type(e.EventType)) },
              { title: t.stream, key: 'stream', ellipsis: true, render: (_, e) => <Name>{`${e.AppName}/${e.StreamName}`}</Name> },
              { title: t.to, key: 'to', ellipsis: true, render: (_, e) => (e.Url ? <Name>{e.Url}</Name> : <Typography.Text type="secondary">{t.nobodyAsks}</Typography.Text>) },
              { title: t.result, key: 'state', width: 110, render: (_, e) => <Tooltip title={e.State === 'parked' ? t.parkedHint : t.pendingHint}><Tag color={e.State === 'parked' ? 'error' : 'processing'}>{e.State === 'parked' ? t.parked : t.pending}</Tag></Tooltip> },
              { title: t.tries, dataIndex: 'TryCount', width: 80 },
              { title: t.next, key: 'next', width: 110, render: (_, e) => (behind.has(e.EventId) ? t.inTurn : Date.parse(e.NextTime) <= at ? t.now : dayjs(e.NextTime).format('HH:mm:ss')) },
              { title: '', key: 'do', width: 90, render: (_, e) => <Link to={`/callbacks/log?id=${e.EventId}`}>{t.details}</Link> },
            ]}
          />
          {all > data.EventSet.length && <Typography.Text type="secondary">{t.firstOf(data.EventSet.length, all)}</Typography.Text>}
        </>
      )}
    </Flex>
  );
}
