import { useDeferredValue } from 'react';
import { Alert, Flex, Skeleton, Tabs } from 'antd';
import { useAction } from '../api/hooks';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { Copyable } from './Copyable';
import { HostField } from './HostField';
import { ffmpegFile, ffmpegTest, type StreamAddress, type StreamAddresses, type StreamKey } from './model';
import { moment } from './times';
import { texts } from './texts';
import { useHost } from './useHost';

interface Props {
  stream: StreamKey;
  /** Until when signed addresses are good, ISO 8601. */
  until?: string | undefined;
}

/** The addresses of a stream, to push to and to play from, made by the server, which has the keys. */
export function AddressList({ stream, until }: Props) {
  const [host, setHost] = useHost(stream.DomainName);
  const wanted = useDeferredValue(host.trim());
  const params = { ...stream, ...(until ? { ExpireTime: until } : {}), ...(wanted ? { HostName: wanted } : {}) };
  const { data, error, refetch } = useAction<StreamAddresses>('settings', 'live', 'DescribeStreamAddresses', params, { keep: true });
  return (
    <>
      <HostField host={host} onChange={setHost} answer={data} />
      {error ? <Failure error={error} retry={() => void refetch()} /> : data ? <Ways data={data} /> : <Skeleton active />}
    </>
  );
}

/** The addresses by what they are for. */
function Ways({ data }: { data: StreamAddresses }) {
  const t = useTexts(texts);
  const push = data.AddressSet.filter((a) => a.Purpose === 'push');
  const play = data.AddressSet.filter((a) => a.Purpose === 'play');
  const signed = data.PushSigned ? (data.PlaySigned ? t.signedUntil : t.pushSignedUntil) : data.PlaySigned ? t.playSignedUntil : () => t.unsigned;
  return (
    <>
      <Alert
        type={data.PushSigned ? 'info' : 'warning'}
        showIcon
        title={signed(moment(data.ExpireTime))}
        style={{ marginBottom: 12 }}
      />
      <Tabs
        items={[
          { key: 'obs', label: 'OBS', children: <OBS push={push} /> },
          { key: 'ffmpeg', label: 'ffmpeg', children: <Ffmpeg push={push} /> },
          { key: 'rtsp', label: 'RTSP', children: <Lines push all={push.filter((a) => a.Protocol.startsWith('rtsp'))} /> },
          { key: 'play', label: t.playBy, children: <Lines all={play} /> },
        ].filter(({ key }) => key !== 'rtsp' || push.some((a) => a.Protocol.startsWith('rtsp')))}
      />
    </>
  );
}

const secure = (a: StreamAddress) => /^(https|wss|rtmps|rtsps):/.test(a.Url);

function OBS({ push }: { push: StreamAddress[] }) {
  const t = useTexts(texts);
  return (
    <Flex vertical gap={12}>
      {push
        .filter((a) => a.Server)
        .map((a) => (
          <Flex vertical gap={12} key={a.Protocol}>
            <Copyable label={`${t.obsServer} (${a.Protocol.toUpperCase()})`} hint={`${t.obs}: ${t.obsHint}`} text={a.Server} secure={secure(a)} />
            <Copyable label={t.obsKey} text={a.StreamKey} />
            <Copyable label={`${a.Protocol.toUpperCase()} URL`} text={a.Url} qr secure={secure(a)} />
          </Flex>
        ))}
    </Flex>
  );
}

function Ffmpeg({ push }: { push: StreamAddress[] }) {
  const t = useTexts(texts);
  const address = push.find((a) => a.Protocol === 'rtmp') ?? push[0];
  if (!address) return null;
  return (
    <Flex vertical gap={12}>
      <Copyable label={t.testPicture} hint={t.testHint} text={ffmpegTest(address)} />
      <Copyable label={t.file} hint="video.mp4" text={ffmpegFile(address)} />
    </Flex>
  );
}

function Lines({ all, push = false }: { all: StreamAddress[]; /** Whether one pushes to them. */ push?: boolean }) {
  const t = useTexts(texts);
  const rtsp = push ? t.rtspPushHint : t.rtspHint;
  const names: Partial<Record<StreamAddress['Protocol'], [string, string]>> = {
    page: [t.page, t.pageHint], 'http-flv': ['HTTP-FLV', t.browserHint], 'ws-flv': ['WebSocket-FLV', 'mpegts.js'], hls: ['HLS', t.hlsHint], rtmp: ['RTMP', t.rtmpHint], rtsp: ['RTSP', rtsp],
    rtmps: ['RTMPS', t.rtmpHint], rtsps: ['RTSPS', rtsp],
  };
  return (
    <Flex vertical gap={12}>
      {all.map((a) => {
        const [label, hint] = names[a.Protocol] ?? [a.Protocol, ''];
        return <Copyable key={a.Url} label={label} hint={hint} text={a.Url} qr secure={secure(a)} />;
      })}
    </Flex>
  );
}
