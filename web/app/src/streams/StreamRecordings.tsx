import { Button, Card, Empty, Flex, Grid, Skeleton, Table, Tag, Typography } from 'antd';
import { MergeCellsOutlined } from '@ant-design/icons';
import { Link, useNavigate } from 'react-router';
import { useAction } from '../api/hooks';
import { useLive } from '../api/live';
import { Failure } from '../components/Failure';
import { Name } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { bytes, duration } from '../lib/format';
import { spliceLink } from '../media/splice';
import type { StreamKey } from './model';
import { figuresOf, pieces, type Recorded } from './recordings';
import { texts } from './texts';
import { moment } from './times';

interface Answer {
  TotalCount: number;
  MediaInfoSet: Recorded[];
}

/** The newest recordings of a stream, the way to all, and to joining those of the last day if there are several. */
export function StreamRecordings({ stream }: { stream: StreamKey }) {
  const t = useTexts(texts);
  const navigate = useNavigate();
  const { at = Date.now() } = useLive();
  const { data, error, refetch } = useAction<Answer>('media', 'vod', 'SearchMedia', {
    StreamIds: [stream.StreamName], StreamDomains: [stream.DomainName], StreamPaths: [stream.AppName], Limit: 10, Filters: ['basicInfo', 'metaData'],
  });
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton active />;
  if (!data.TotalCount) return <Empty description={t.noRecordings} />;
  const all = new URLSearchParams({ domain: stream.DomainName, path: stream.AppName, stream: stream.StreamName });
  const from = pieces(data.MediaInfoSet, at);
  return (
    <Flex vertical gap={12}>
      <Files files={data.MediaInfoSet} />
      <Flex gap="8px 16px" wrap align="center">
        <Link to={`/media?${all}`}>{`${t.allRecordings} (${data.TotalCount})`}</Link>
        {from && (
          <Button
            size="small"
            icon={<MergeCellsOutlined />}
            title={t.spliceWhat}
            onClick={() => void navigate(spliceLink({ domain: stream.DomainName, app: stream.AppName, stream: stream.StreamName, from, to: '' }))}
          >
            {t.splice}
          </Button>
        )}
      </Flex>
    </Flex>
  );
}

/** A table, or where there is no room for one, cards. */
function Files({ files }: { files: Recorded[] }) {
  const t = useTexts(texts);
  const wide = Grid.useBreakpoint().md ?? true;
  const { streams, waiting } = useLive();
  const type = (f: Recorded) => <Tag color={f.BasicInfo.Status === 'Recording' ? 'red' : 'default'}>{f.BasicInfo.Type.toUpperCase()}</Tag>;
  const name = (f: Recorded) => (
    <Link to={`/media/${f.FileId}`}>
      <Name>{f.BasicInfo.Name || f.FileId}</Name>
    </Link>
  );
  const length = (f: Recorded) => {
    const figures = figuresOf(f, streams, waiting);
    return figures ? duration(figures.length) : '–';
  };
  const size = (f: Recorded) => {
    const figures = figuresOf(f, streams, waiting);
    return figures ? bytes(figures.size) : '–';
  };
  if (!wide) {
    return files.map((f) => (
      <Card key={f.FileId} size="small">
        {name(f)}
        <Flex gap="4px 8px" wrap align="center">
          {type(f)}
          <Typography.Text type="secondary">{`${moment(f.BasicInfo.CreateTime)} · ${length(f)} · ${size(f)}`}</Typography.Text>
        </Flex>
      </Card>
    ));
  }
  return (
    <Table
      rowKey="FileId"
      tableLayout="fixed"
      size="small"
      dataSource={files}
      pagination={false}
      scroll={{ x: 640 }}
      columns={[
        { key: 'file', title: t.file1, render: (_, f) => name(f) },
        { key: 'type', width: 80, render: (_, f) => type(f) },
        { key: 'created', title: t.created, width: 165, render: (_, f) => moment(f.BasicInfo.CreateTime) },
        { key: 'length', title: t.length, width: 80, render: (_, f) => length(f) },
        { key: 'size', title: t.weight, width: 90, render: (_, f) => size(f) },
      ]}
    />
  );
}
