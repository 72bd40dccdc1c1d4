import { lazy, Suspense } from 'react';
import { Alert, Empty, Flex, Skeleton, Tag, theme, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useAction } from '../api/hooks';
import { useLive, type LiveStream, type Rates, type Recording } from '../api/live';
import { scarce, useReadiness, type Readiness } from '../api/readiness';
import { CopyLine } from '../components/CopyLine';
import { Name, visible } from '../components/Name';
import { Panel } from '../components/Panel';
import { Preview } from '../components/Preview';
import { Sparkline } from '../components/Sparkline';
import { Aside, Heading } from '../components/Text';
import { Page } from '../layout/Page';
import { bitrate, bytes, duration } from '../lib/format';
import { ownHost } from '../lib/host';
import { codecName, ffmpegTest, streamLink, type StreamAddresses } from '../streams/model';

const LastRecordings = lazy(() => import('../overview/LastRecordings'));

/** What is going on, and what to see to. */
export default function Overview() {
  const { t } = useTranslation();
  const live = useLive();
  const { data: ready } = useReadiness();
  return (
    <Page title={t('nav.overview')}>
      {ready && <Warnings ready={ready} />}
      <Figures ready={ready} />
      <Heading>{t('overview.live')}</Heading>
      {live.at === undefined ? <Skeleton active /> : <Streams />}
      {live.waiting.length > 0 && <Waiting />}
      <Suspense fallback={null}>
        <LastRecordings />
      </Suspense>
    </Page>
  );
}

function Warnings({ ready }: { ready: Readiness }) {
  const all = [
    ...(ready.problems ?? []).map((text) => ({ text, type: 'error' as const })),
    ...[...(ready.warnings ?? []), ...(ready.rewind ? [ready.rewind] : [])].map((text) => ({ text, type: 'warning' as const })),
  ];
  return all.map(({ text, type }) => <Alert key={text} type={type} showIcon title={text} style={{ marginBottom: 12 }} />);
}

function Figures({ ready }: { ready: Readiness | undefined }) {
  const { t } = useTranslation();
  const { token } = theme.useToken();
  const { at, streams, rates } = useLive();
  const recordings = streams.flatMap((s) => s.Recordings).filter((r) => r.FileID);
  const known = streams.flatMap((s) => rates.get(s.ID)?.bitrate.at(-1) ?? []);
  const total = known.reduce((sum, rate) => sum + rate, 0);
  const free = ready?.storage.free ?? 0;
  const size = ready?.storage.total ?? 0;
  const { data: backlog } = useAction<{ PendingCount: number; ParkedCount: number }>('callbacks', 'live', 'DescribeCallbackBacklog', { Limit: 0 });
  const waiting = (backlog?.PendingCount ?? 0) + (backlog?.ParkedCount ?? 0);
  const figures: { title: string; value: string; percent?: number | undefined; to: string; bad?: boolean; note?: string }[] = [
    { title: t('overview.streams'), value: at === undefined ? '–' : String(streams.length), to: '/streams' },
    { title: t('overview.incoming'), value: at === undefined || known.length < Math.min(streams.length, 1) ? '…' : bitrate(total), to: '/streams' },
    { title: t('overview.recordings'), value: at === undefined ? '–' : String(recordings.length), to: '/media?status=Recording' },
    { title: t('overview.backlog'), value: backlog ? String(waiting) : '–', to: '/callbacks/waiting', bad: Boolean(backlog?.ParkedCount) },
    {
      title: t('overview.free'), value: size ? bytes(free) : '–', percent: size ? Math.round(((size - free) / size) * 100) : undefined, to: '/settings/storage',
      bad: ready !== undefined && scarce(ready.storage, ready), note: ready ? t(ready.storage.when_full === 'delete_oldest' ? 'overview.rotates' : 'overview.stops') : '',
    },
  ];
  return (
    <div className="figures live">
      {figures.map(({ title, value, percent, to, bad, note }) => (
        <Panel key={title}>
          <Link to={to} className="whole">{title}</Link>
          <div style={{ fontSize: 24, lineHeight: 1.4, ...(bad && { color: token.colorError }) }}>{value}</div>
          {percent !== undefined && (
            <div className="figure-bar">
              <Bar percent={percent} bad={bad ?? false} label={t('overview.used')} />
              <Aside>{t('overview.full', { percent })}</Aside>
            </div>
          )}
          {note && (
            <div style={{ fontSize: 12, marginTop: 4 }}>
              <Aside>{note}</Aside>
            </div>
          )}
        </Panel>
      ))}
    </div>
  );
}

function Bar({ percent, bad, label }: { percent: number; bad: boolean; label: string }) {
  const { token } = theme.useToken();
  return (
    <div className="bar" role="progressbar" aria-label={label} aria-valuenow={percent} title={`${label}: ${percent} %`} style={{ background: token.colorFillSecondary }}>
      <div style={{ width: `${percent}%`, background: bad ? token.colorError : token.colorInfo }} />
    </div>
  );
}

function Streams() {
  const { streams, rates } = useLive();
  if (!streams.length) return <Nobody />;
  return (
    <div className="streams live">
      {streams.map((stream) => (
        <StreamCard key={stream.ID} stream={stream} rates={rates.get(stream.ID)} />
      ))}
    </div>
  );
}

/** How to push the first stream: the server knows where it is reached, and what it asks of those who push from elsewhere. */
function Nobody() {
  const { t } = useTranslation();
  const host = ownHost();
  // An address stands for the built-in domain, whatever that is called.
  const stream = { DomainName: '127.0.0.1', AppName: 'live', StreamName: 'show' };
  const { data } = useAction<StreamAddresses>('settings', 'live', 'DescribeStreamAddresses', { ...stream, ...(host ? { HostName: host } : {}) });
  const push = data?.AddressSet.find((a) => a.Purpose === 'push' && a.Protocol === 'rtmp') ?? data?.AddressSet[0];
  return (
    <Panel padding={24}>
      <Empty description={t('overview.nobody')}>
        {push && <CopyLine text={ffmpegTest(push)} label={t('overview.copy')} done={t('overview.copied')} />}
        <div>
          <Link to="/streams">{t('overview.addresses')}</Link>
        </div>
      </Empty>
    </Panel>
  );
}

function StreamCard({ stream, rates }: { stream: LiveStream; rates: Rates | undefined }) {
  const { t } = useTranslation();
  const { token } = theme.useToken();
  const { at = 0 } = useLive();
  const video = stream.Tracks.find((track) => track.Kind === 'video');
  const bits = rates?.bitrate ?? [];
  const frames = rates?.frames ?? [];
  return (
    <Panel
      title={
        <Link to={streamLink(stream)}>
          <Name strong>{`${stream.AppName}/${stream.StreamName}`}</Name>
        </Link>
      }
      extra={<Aside>{duration((at - stream.StartTime) / 1000)}</Aside>}
    >
      <div className="stream">
        <Preview stream={stream} label={t('overview.picture', { name: visible(stream.StreamName) })} />
        <div>
          <Flex gap={4} wrap style={{ marginBottom: 10 }}>
            <Tag>{stream.Protocol.toUpperCase()}</Tag>
            {stream.Tracks.map((track, i) => (
              <Tag key={i}>{track.Kind === 'video' && track.Width ? `${codecName(track.Codec)} ${track.Width}×${track.Height}` : codecName(track.Codec)}</Tag>
            ))}
          </Flex>
          <Flex gap={16} style={{ marginBottom: 10 }}>
            <div style={{ flex: 1 }}>
              <span>{bits.length ? bitrate(bits.at(-1) ?? 0) : '…'}</span>
              <Sparkline values={bits} color={token.colorPrimary} label={t('overview.bitrate')} width={320} />
            </div>
            {video && (
              <div style={{ flex: 1 }}>
                <span>{frames.length ? t('overview.fps', { count: Math.round(frames.at(-1) ?? 0) }) : '…'}</span>
                <Sparkline values={frames} color={token.colorInfo} label={t('overview.frames')} width={320} />
              </div>
            )}
          </Flex>
          <Flex vertical gap={4}>
            {stream.Recordings.length ? (
              stream.Recordings.map((r) => <RecordingLine key={`${r.Format}${r.CauseKind}${r.Cause}`} recording={r} />)
            ) : (
              <Aside>{t('overview.unrecorded')}</Aside>
            )}
          </Flex>
        </div>
      </div>
    </Panel>
  );
}

function RecordingLine({ recording: r }: { recording: Recording }) {
  const { t } = useTranslation();
  const why = r.CauseKind === 'task' ? t('overview.byTask', { id: r.Cause }) : t('overview.byRule', { rule: r.Cause });
  return (
    <Flex gap={8} align="center" wrap>
      <Tooltip title={r.Err || why}>
        <Tag color={r.Err ? 'error' : 'red'} tabIndex={0}>
          ● {r.Format.toUpperCase()}
        </Tag>
      </Tooltip>
      {r.FileID ? <Link to={`/media/${r.FileID}`}>{`${duration(r.Duration / 1000)} · ${bytes(r.Bytes)}`}</Link> : <Aside>{t('overview.starting')}</Aside>}
      <Aside>{r.CauseKind === 'task' ? t('overview.task') : t('overview.rule')}</Aside>
    </Flex>
  );
}

function Waiting() {
  const { t } = useTranslation();
  const { waiting, at = 0 } = useLive();
  return (
    <>
      <Heading>{t('overview.waiting')}</Heading>
      {waiting.map((r) => (
        <Alert
          key={`${r.FileID}${r.Format}`}
          type="info"
          showIcon
          style={{ marginBottom: 8 }}
          title={<Name>{`${r.AppName}/${r.StreamName}`}</Name>}
          description={t('overview.waitingFor', { format: r.Format.toUpperCase(), time: duration((r.Until - at) / 1000) })}
        />
      ))}
    </>
  );
}
