import { useState } from 'react';
import { App, Button, Card, Empty, Flex, Skeleton, Table, Typography } from 'antd';
import { StopOutlined } from '@ant-design/icons';
import { Link } from 'react-router';
import { useAction, useChange } from '../api/hooks';
import { Failure } from '../components/Failure';
import { Name } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { ForbidForm } from './ForbidForm';
import { keyOf, streamLink, type ForbiddenStream, type StreamKey } from './model';
import { texts } from './texts';
import { moment } from './times';

interface Answer {
  TotalNum: number;
  ForbidStreamList: ForbiddenStream[];
}

const pageSize = 20;

/** Streams that nobody may push for a while. */
export function Forbidden() {
  const t = useTexts(texts);
  const { message } = App.useApp();
  const [page, setPage] = useState(1);
  const [adding, setAdding] = useState(false);
  const { data, error, refetch } = useAction<Answer>('streams', 'live', 'DescribeLiveForbidStreamList', { PageNum: page, PageSize: pageSize }, { keep: true });
  const resume = useChange<StreamKey>('live', 'ResumeLiveStream', ['streams']);
  const allow = (stream: ForbiddenStream) =>
    resume.mutateAsync(keyOf(stream)).then(
      () => message.success(t.resumed),
      (cause: Error) => message.error(cause.message),
    );
  const add = (
    <Button icon={<StopOutlined />} onClick={() => setAdding(true)}>
      {t.forbidTitle}
    </Button>
  );
  const form = adding && <ForbidForm close={() => setAdding(false)} />;
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton active />;
  if (!data.TotalNum) {
    return (
      <Card>
        <Empty description={<><Typography.Title level={2} style={{ fontSize: 18 }}>{t.nobodyForbidden}</Typography.Title>{t.nobodyForbiddenText}</>}>{add}</Empty>
        {form}
      </Card>
    );
  }
  return (
    <>
      <Flex justify="end" style={{ marginBottom: 12 }}>
        {add}
      </Flex>
      <Card size="small" styles={{ body: { padding: 0 } }}>
        <Table
          rowKey={streamLink}
          tableLayout="fixed"
          size="middle"
          dataSource={data.ForbidStreamList}
          scroll={{ x: 760 }}
          pagination={{ current: page, pageSize, total: data.TotalNum, onChange: setPage, showSizeChanger: false, hideOnSinglePage: true }}
          columns={[
            {
              key: 'stream',
              title: t.stream,
              render: (_, s) => (
                <>
                  <Link to={streamLink(s)}>
                    <Name strong>{`${s.AppName}/${s.StreamName}`}</Name>
                  </Link>
                  <Typography.Text type="secondary" style={{ display: 'block', fontSize: 12 }}>
                    {s.DomainName}
                  </Typography.Text>
                </>
              ),
            },
            { key: 'reason', title: t.reason, render: (_, s) => (s.Reason ? <Name>{s.Reason}</Name> : '–') },
            { key: 'since', title: t.forbiddenSince, width: 170, render: (_, s) => moment(s.CreateTime) },
            { key: 'until', title: t.until, width: 170, render: (_, s) => moment(s.ExpireTime) },
            {
              key: 'actions',
              width: 140,
              render: (_, s) => (
                <Button size="small" loading={resume.isPending && resume.variables.StreamName === s.StreamName} onClick={() => void allow(s)}>
                  {t.resume}
                </Button>
              ),
            },
          ]}
        />
      </Card>
      {form}
    </>
  );
}
