import { Empty, Skeleton, Table, Tag, Typography, type TableColumnsType } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { useHistory } from './history';
import { Failure } from '../components/Failure';
import { Name, visible } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { duration } from '../lib/format';
import { streamLink, type PushedStream } from './model';
import { reasonIn, type Reason } from './reasons';
import { texts } from './texts';
import { moment } from './times';

interface Props {
  found: ReturnType<typeof useHistory>;
  /** Whether they are of several streams. */
  names?: boolean;
  page: number;
  pageSize: number;
  onPage: (page: number) => void;
}

/** Pushes that are over, what ended last first. */
export function PushTable({ found, names = false, page, pageSize, onPage }: Props) {
  const t = useTexts(texts);
  const { i18n } = useTranslation();
  if (found.error) return <Failure error={found.error} retry={() => void found.refetch()} />;
  if (!found.data) return <Skeleton active style={{ padding: 16 }} />;
  if (!found.data.TotalNum) return <Empty description={t.noHistory} style={{ padding: 16 }} />;
  const name: TableColumnsType<PushedStream> = [
    {
      key: 'stream',
      title: t.stream,
      render: (_, p) => (
        <>
          <Link to={streamLink(p)}>
            <Name>{`${p.AppName}/${p.StreamName}`}</Name>
          </Link>
          <Typography.Text type="secondary" style={{ display: 'block', fontSize: 12 }}>
            {p.DomainName}
          </Typography.Text>
        </>
      ),
    },
  ];
  const spans: TableColumnsType<PushedStream> = [
    { key: 'start', title: t.started, width: 165, render: (_, p) => moment(p.StreamStartTime) },
    { key: 'end', title: t.ended, width: 165, render: (_, p) => moment(p.StreamEndTime) },
  ];
  const both: TableColumnsType<PushedStream> = [
    {
      key: 'span',
      title: `${t.started} – ${t.ended}`,
      width: 170,
      render: (_, p) => (
        <>
          {moment(p.StreamStartTime)} –<br />
          {moment(p.StreamEndTime)}
        </>
      ),
    },
  ];
  return (
    <Table
      tableLayout="fixed"
      rowKey={(p) => `${p.DomainName}/${p.AppName}/${p.StreamName} ${p.StreamStartTime} ${p.StreamEndTime}`}
      size="small"
      dataSource={found.data.EventList}
      loading={found.isPlaceholderData}
      scroll={{ x: names ? 860 : 620 }}
      // A box that scrolls can be reached by keys where something in it can: of one stream there are no links.
      {...(names ? {} : { onRow: () => ({ tabIndex: 0 }) })}
      pagination={{ current: page, pageSize, total: found.data.TotalNum, onChange: onPage, showSizeChanger: false, hideOnSinglePage: true }}
      columns={[
        ...(names ? name : []),
        ...(names ? spans : both),
        { key: 'length', title: t.length, width: 80, render: (_, p) => duration(p.Duration) },
        { key: 'why', title: t.why, render: (_, p) => <Ended reason={reasonIn(i18n.language, p.StopReason)} /> },
        { key: 'size', title: t.size, width: 100, render: (_, p) => p.Resolution.replace('x', '×') || '–' },
        { key: 'from', title: t.from, width: 130, render: (_, p) => p.ClientIp },
      ]}
    />
  );
}

function Ended({ reason: { head, detail, color } }: { reason: Reason }) {
  return (
    <>
      <Tag color={color}>{visible(head)}</Tag>
      {detail && <div style={{ fontSize: 12 }}>{visible(detail)}</div>}
    </>
  );
}
