import { useState } from 'react';
import { App, Button, Card, Empty, Flex, Skeleton, Table, Tag, Tooltip, Typography } from 'antd';
import { DeleteOutlined, EditOutlined, PauseOutlined, CaretRightOutlined, PlusOutlined } from '@ant-design/icons';
import { Link } from 'react-router';
import { usePushDomains } from '../api/domains';
import { useAction, useChange } from '../api/hooks';
import { Failure } from '../components/Failure';
import { Name, visible } from '../components/Name';
import { Popconfirm } from '../components/Popconfirm';
import { useTexts } from '../i18n/texts';
import { streamLink, type PullSource } from './model';
import { PullForm } from './PullForm';
import { texts } from './texts';
import { moment } from './times';

/** Sources that this server fetches: cameras, and streams of other servers. */
export function Pulls() {
  const t = useTexts(texts);
  const [form, setForm] = useState<{ source?: PullSource }>();
  const { data, error, refetch } = useAction<{ PullStreamConfigs: PullSource[] }>('streams', 'live', 'DescribePullStreamConfigs');
  const builtIn = usePushDomains()?.builtIn ?? '';
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton active />;
  const sources = data.PullStreamConfigs;
  const add = (
    <Button type={sources.length ? 'default' : 'primary'} icon={<PlusOutlined />} onClick={() => setForm({})}>
      {t.addPull}
    </Button>
  );
  return (
    <>
      {sources.length ? (
        <>
          <Flex justify="end" style={{ marginBottom: 12 }}>
            {add}
          </Flex>
          <Card size="small" styles={{ body: { padding: 0 } }}>
            <Sources sources={sources} edit={(source) => setForm({ source })} />
          </Card>
        </>
      ) : (
        <Card>
          <Empty description={<><Typography.Title level={2} style={{ fontSize: 18 }}>{t.noPulls}</Typography.Title>{t.noPullsText}</>}>{add}</Empty>
        </Card>
      )}
      {form && <PullForm {...form} builtIn={builtIn} close={() => setForm(undefined)} />}
    </>
  );
}

function Sources({ sources, edit }: { sources: PullSource[]; edit: (source: PullSource) => void }) {
  const t = useTexts(texts);
  return (
    <Table
      rowKey="ConfigId"
      tableLayout="fixed"
      size="middle"
      dataSource={sources}
      scroll={{ x: 900 }}
      pagination={{ pageSize: 20, hideOnSinglePage: true }}
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
        { key: 'from', title: t.fromUrl, render: (_, s) => <Name>{s.FromUrl}</Name> },
        { key: 'state', title: t.state, width: 300, render: (_, s) => <State source={s} /> },
        { key: 'actions', width: 130, render: (_, s) => <Actions source={s} edit={() => edit(s)} /> },
      ]}
    />
  );
}

const colors = { connecting: 'processing', live: 'success', waiting: 'warning', disabled: 'default', over: 'default' } as const;

function State({ source: s }: { source: PullSource }) {
  const t = useTexts(texts);
  const details = [s.Tries > 0 && t.tries(s.Tries), s.NextTry && t.nextTry(moment(s.NextTry))].filter(Boolean).join(' · ');
  return (
    <>
      <Flex gap={8} align="center">
        <Tag color={colors[s.State]}>{t.pullStates[s.State]}</Tag>
        <Typography.Text type="secondary" style={{ fontSize: 12 }}>
          {moment(s.StateSince)}
        </Typography.Text>
      </Flex>
      {s.Reason && <div style={{ fontSize: 12 }}>{visible(s.Reason)}</div>}
      {details && (
        <Typography.Text type="secondary" style={{ fontSize: 12 }}>
          {details}
        </Typography.Text>
      )}
    </>
  );
}

function Actions({ source: s, edit }: { source: PullSource; edit: () => void }) {
  const t = useTexts(texts);
  const { message } = App.useApp();
  const status = useChange<{ ConfigIds: string[]; Status: '2' | '4' }>('live', 'ModifyPullStreamStatus', ['streams']);
  const remove = useChange<{ ConfigId: string }>('live', 'DeletePullStreamConfig', ['streams']);
  const failed = (error: Error) => void message.error(error.message);
  const paused = s.State === 'disabled';
  if (s.Origin === 'config') return <Typography.Text type="secondary">{t.fromConfig}</Typography.Text>;
  const turn = paused ? t.goOn : t.pause;
  return (
    <Flex gap={4} justify="end">
      <Tooltip title={turn}>
        <Button
          size="small"
          aria-label={turn}
          icon={paused ? <CaretRightOutlined /> : <PauseOutlined />}
          loading={status.isPending}
          onClick={() => status.mutate({ ConfigIds: [s.ConfigId], Status: paused ? '2' : '4' }, { onError: failed })}
        />
      </Tooltip>
      <Tooltip title={t.edit}>
        <Button size="small" aria-label={t.edit} icon={<EditOutlined />} onClick={edit} />
      </Tooltip>
      <Popconfirm
        title={t.removeAsk}
        description={<div style={{ maxWidth: 280 }}>{t.removeText}</div>}
        okText={t.remove}
        okButtonProps={{ danger: true }}
        onConfirm={() => remove.mutateAsync({ ConfigId: s.ConfigId }).catch(failed)}
      >
        <Button size="small" danger aria-label={t.remove} icon={<DeleteOutlined />} />
      </Popconfirm>
    </Flex>
  );
}
