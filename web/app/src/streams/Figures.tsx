import { Card, Col, Descriptions, Row, Statistic, theme } from 'antd';
import { useLive, type LiveStream, type Track } from '../api/live';
import { Sparkline } from '../components/Sparkline';
import { useTexts } from '../i18n/texts';
import { bitrate, bytes, duration } from '../lib/format';
import { codecName } from './model';
import { texts } from './texts';

/** How a live stream fares, and what is in it. */
export function Figures({ stream }: { stream: LiveStream }) {
  const t = useTexts(texts);
  const { token } = theme.useToken();
  const { rates, at = 0 } = useLive();
  const { bitrate: bits = [], frames = [] } = rates.get(stream.ID) ?? {};
  const video = stream.Tracks.some((track) => track.Kind === 'video');
  const details = (track: Track) =>
    [codecName(track.Codec), track.Width && `${track.Width}×${track.Height}`, track.SampleRate && t.hz(track.SampleRate), track.Channels && t.channels(track.Channels)].filter(Boolean).join(' · ');
  return (
    <Card className="live" size="small">
      <Row gutter={[16, 12]} style={{ marginBottom: 12 }}>
        <Col span={12}>
          <Statistic title={t.rate} value={bits.length ? bitrate(bits.at(-1) ?? 0) : '…'} styles={{ content: { fontSize: 20 } }} />
          <Sparkline values={bits} color={token.colorPrimary} label={t.lastMinutes(t.rate)} width={240} height={36} />
        </Col>
        {video && (
          <Col span={12}>
            <Statistic title={t.frames} value={frames.length ? t.fps(Math.round(frames.at(-1) ?? 0)) : '…'} styles={{ content: { fontSize: 20 } }} />
            <Sparkline values={frames} color={token.colorInfo} label={t.lastMinutes(t.frames)} width={240} height={36} />
          </Col>
        )}
      </Row>
      <Descriptions
        size="small"
        column={1}
        items={[
          { key: 'since', label: t.since, children: duration((at - stream.StartTime) / 1000) },
          { key: 'bytes', label: t.received, children: bytes(stream.Bytes) },
          { key: 'protocol', label: t.protocol, children: stream.Protocol.toUpperCase() },
          { key: 'remote', label: t.publisher, children: stream.Remote },
          ...stream.Tracks.map((track, i) => ({ key: `track${i}`, label: t.track(i + 1), children: details(track) })),
          { key: 'session', label: t.session, children: <code>{stream.ID}</code> },
        ]}
      />
    </Card>
  );
}
