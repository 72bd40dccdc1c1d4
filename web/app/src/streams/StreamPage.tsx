import { useState } from 'react';
import { Alert, App, Button, Card, Flex, Skeleton, Tabs, Typography } from 'antd';
import { ArrowLeftOutlined } from '@ant-design/icons';
import { Link, useSearchParams } from 'react-router';
import { useAction, useChange } from '../api/hooks';
import { useLive } from '../api/live';
import { visible } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { Page } from '../layout/Page';
import { duration } from '../lib/format';
import { AddressList } from './AddressList';
import { Figures } from './Figures';
import { longest, useHistory } from './history';
import { LivePlayer } from './LivePlayer';
import { sameStream, type ForbiddenStream, type StreamKey } from './model';
import { PushTable } from './PushTable';
import { RecordNow } from './RecordNow';
import { StreamActions } from './StreamActions';
import { StreamRecordings } from './StreamRecordings';
import { texts } from './texts';
import { moment } from './times';
import { Why } from './Why';
import './streams.css';

/** All about one stream, live or not. */
export function StreamPage({ stream }: { stream: StreamKey }) {
  const t = useTexts(texts);
  const { at, streams } = useLive();
  const [query, setQuery] = useSearchParams();
  const live = streams.find((s) => sameStream(s, stream));
  const [page, setPage] = useState(1);
  const history = useHistory(longest, { ...stream, IsStrict: 1, PageNum: page, PageSize: 10 });
  return (
    <Page
      title={visible(`${stream.AppName}/${stream.StreamName}`)}
      extra={
        <Flex gap={8} wrap>
          <RecordNow stream={stream} live={live !== undefined} />
          <StreamActions stream={stream} live={live !== undefined} />
        </Flex>
      }
    >
      <Flex gap={12} wrap style={{ marginTop: -8, marginBottom: 12 }}>
        <Link to="/streams">
          <ArrowLeftOutlined /> {t.back}
        </Link>
        <Typography.Text type="secondary">{stream.DomainName}</Typography.Text>
      </Flex>
      <Kept stream={stream} />
      <div className="stream-page">
        <div className="stream-player">
          {at === undefined ? <Skeleton.Node active style={{ width: '100%', height: 360 }} /> : live ? <LivePlayer key={live.ID} stream={live} /> : <Away stream={stream} />}
        </div>
        <Flex vertical gap={16} className="stream-side">
          {live && <Figures stream={live} />}
          <Why stream={stream} recordings={live?.Recordings ?? []} />
        </Flex>
        <Card size="small" className="stream-lists" style={{ alignSelf: 'start' }}>
          <Tabs
            activeKey={query.get('tab') ?? 'recordings'}
            onChange={(tab) => setQuery(tab === 'recordings' ? {} : { tab }, { replace: true })}
            destroyOnHidden
            items={[
              { key: 'recordings', label: t.recordings, children: <StreamRecordings stream={stream} /> },
              { key: 'history', label: t.history, children: <PushTable found={history} page={page} pageSize={10} onPage={setPage} /> },
              { key: 'addresses', label: t.addresses, children: <AddressList stream={stream} /> },
            ]}
          />
        </Card>
      </div>
    </Page>
  );
}

/** Says so if nobody may push it, and lets one allow it again. */
function Kept({ stream }: { stream: StreamKey }) {
  const t = useTexts(texts);
  const { message } = App.useApp();
  const { data } = useAction<{ ForbidStreamList: ForbiddenStream[] }>('streams', 'live', 'DescribeLiveForbidStreamList', { StreamName: stream.StreamName, PageSize: 100 });
  const resume = useChange<StreamKey>('live', 'ResumeLiveStream', ['streams']);
  const kept = data?.ForbidStreamList.find((s) => sameStream(s, stream));
  if (!kept) return null;
  const allow = () => resume.mutate(stream, { onSuccess: () => void message.success(t.resumed), onError: (error) => void message.error(error.message) });
  return (
    <Alert
      type="error"
      showIcon
      title={t.isForbidden(moment(kept.ExpireTime))}
      description={kept.Reason && visible(kept.Reason)}
      action={
        <Button size="small" loading={resume.isPending} onClick={allow}>
          {t.resume}
        </Button>
      }
      style={{ marginBottom: 16 }}
    />
  );
}

/** What stands where the picture would while nobody pushes the stream. */
function Away({ stream }: { stream: StreamKey }) {
  const t = useTexts(texts);
  const { waiting, at = 0 } = useLive();
  const files = waiting.filter((r) => sameStream(r, stream));
  return (
    <Flex vertical align="center" justify="center" gap={8} style={{ aspectRatio: '16 / 9', background: '#101418', borderRadius: 6, padding: 16, textAlign: 'center' }}>
      <Typography.Text strong style={{ color: '#fff', fontSize: 18 }}>
        {t.notLive}
      </Typography.Text>
      <Typography.Text style={{ color: '#d5dae0' }}>{t.notLiveText}</Typography.Text>
      {files.map((r) => (
        <Typography.Text key={`${r.FileID}${r.Format}`} style={{ color: '#d5dae0' }}>
          {t.waitingText(r.Format.toUpperCase(), duration((r.Until - at) / 1000))}
        </Typography.Text>
      ))}
    </Flex>
  );
}
