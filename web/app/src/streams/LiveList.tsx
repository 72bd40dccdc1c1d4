import { useState } from 'react';
import { Card, Col, Flex, Grid, Input, Modal, Row, Table, Tag, theme, Typography } from 'antd';
import { PlayCircleOutlined } from '@ant-design/icons';
import { Link, useSearchParams } from 'react-router';
import { useLive, type LiveStream } from '../api/live';
import { Name } from '../components/Name';
import { Preview } from '../components/Preview';
import { Sparkline } from '../components/Sparkline';
import { useTexts } from '../i18n/texts';
import { bitrate, duration } from '../lib/format';
import { LivePlayer } from './LivePlayer';
import { codecName, sameStream, streamLink } from './model';
import { StreamActions } from './StreamActions';
import { texts } from './texts';

const title = (s: LiveStream) => `${s.AppName}/${s.StreamName}`;

/** All live streams: a table, or cards on a phone. */
export function LiveList({ streams }: { streams: LiveStream[] }) {
  const t = useTexts(texts);
  const wide = Grid.useBreakpoint().lg ?? true;
  const [query, setQuery] = useSearchParams();
  const [watching, setWatching] = useState<LiveStream>();
  const find = query.get('find') ?? '';
  const shown = streams.filter((s) => `${s.DomainName}/${title(s)} ${s.Remote} ${s.Protocol}`.toLowerCase().includes(find.toLowerCase()));
  const search = (text: string) => setQuery(text ? { find: text } : {}, { replace: true });
  // It may have ended, or begun anew, since it was chosen.
  const now = watching && streams.find((s) => sameStream(s, watching));
  return (
    <>
      <Input.Search allowClear placeholder={t.find} aria-label={t.find} value={find} onChange={(e) => search(e.target.value)} style={{ maxWidth: 420, marginBottom: 12 }} />
      {wide ? <Rows streams={shown} watch={setWatching} /> : <Cards streams={shown} watch={setWatching} />}
      {watching && (
        <Modal open footer={null} width={880} title={<Link to={streamLink(watching)}><Name strong>{title(watching)}</Name></Link>} onCancel={() => setWatching(undefined)} destroyOnHidden>
          {now ? <LivePlayer key={now.ID} stream={now} /> : <Typography.Text type="secondary">{t.notLive}</Typography.Text>}
        </Modal>
      )}
    </>
  );
}

interface ListProps {
  streams: LiveStream[];
  watch: (stream: LiveStream) => void;
}

function Rows({ streams, watch }: ListProps) {
  const t = useTexts(texts);
  return (
    <Card size="small" styles={{ body: { padding: 0 } }}>
      <Table
        className="live"
        rowKey="ID"
        tableLayout="fixed"
        size="middle"
        dataSource={streams}
        locale={{ emptyText: t.noMatch }}
        pagination={{ pageSize: 20, hideOnSinglePage: true }}
        scroll={{ x: 980 }}
        columns={[
          { key: 'picture', width: 140, render: (_, s) => <Picture stream={s} watch={watch} /> },
          { key: 'stream', title: t.stream, render: (_, s) => <Title stream={s} /> },
          { key: 'rate', title: t.rate, width: 130, render: (_, s) => <Rate stream={s} /> },
          { key: 'frames', title: <span style={{ whiteSpace: 'nowrap' }}>{t.frames}</span>, width: 110, render: (_, s) => <Frames stream={s} /> },
          { key: 'since', title: t.since, width: 90, render: (_, s) => <Since stream={s} /> },
          { key: 'recording', title: t.recording, width: 150, render: (_, s) => <Recordings stream={s} /> },
          {
            key: 'actions',
            width: 210,
            render: (_, s) => (
              <Flex gap={6} justify="end">
                <StreamActions stream={s} live size="small" />
              </Flex>
            ),
          },
        ]}
      />
    </Card>
  );
}

function Cards({ streams, watch }: ListProps) {
  const t = useTexts(texts);
  if (!streams.length) return <Typography.Text type="secondary">{t.noMatch}</Typography.Text>;
  return (
    <Row className="live" gutter={[12, 12]}>
      {streams.map((s) => (
        <Col key={s.ID} xs={24} md={12}>
          <Card size="small">
            <Picture stream={s} watch={watch} />
            <div style={{ marginTop: 8 }}>
              <Title stream={s} />
            </div>
            <Flex gap={16} style={{ margin: '8px 0' }} align="start">
              <Rate stream={s} />
              <Frames stream={s} />
              <Since stream={s} />
            </Flex>
            <Recordings stream={s} />
            <Flex gap={8} style={{ marginTop: 8 }}>
              <StreamActions stream={s} live size="small" />
            </Flex>
          </Card>
        </Col>
      ))}
    </Row>
  );
}

/** Its picture, which is also the button to watch it. */
function Picture({ stream, watch }: { stream: LiveStream; watch: (stream: LiveStream) => void }) {
  const t = useTexts(texts);
  return (
    <button type="button" className="watch" aria-label={t.watchName(title(stream))} onClick={() => watch(stream)}>
      <Preview stream={stream} label="" />
      <PlayCircleOutlined className="watch-sign" />
    </button>
  );
}

function Title({ stream: s }: { stream: LiveStream }) {
  return (
    <Flex vertical gap={4} style={{ minWidth: 0 }}>
      <Link to={streamLink(s)}>
        <Name strong>{title(s)}</Name>
      </Link>
      <Flex gap={4} wrap>
        <Tag>{s.Protocol.toUpperCase()}</Tag>
        {s.Tracks.map((track, i) => (
          <Tag key={i}>{track.Width ? `${codecName(track.Codec)} ${track.Width}×${track.Height}` : codecName(track.Codec)}</Tag>
        ))}
      </Flex>
      <Typography.Text type="secondary" style={{ fontSize: 12 }}>
        {s.DomainName} · {s.Remote}
      </Typography.Text>
    </Flex>
  );
}

function Rate({ stream }: { stream: LiveStream }) {
  const t = useTexts(texts);
  const { token } = theme.useToken();
  const bits = useLive().rates.get(stream.ID)?.bitrate ?? [];
  return (
    <div style={{ minWidth: 90 }}>
      {bits.length ? bitrate(bits.at(-1) ?? 0) : '…'}
      <Sparkline values={bits} color={token.colorPrimary} label={t.lastMinutes(t.rate)} height={20} />
    </div>
  );
}

function Frames({ stream }: { stream: LiveStream }) {
  const t = useTexts(texts);
  const frames = useLive().rates.get(stream.ID)?.frames ?? [];
  if (!stream.Tracks.some((track) => track.Kind === 'video')) return '–';
  return frames.length ? t.fps(Math.round(frames.at(-1) ?? 0)) : '…';
}

function Since({ stream }: { stream: LiveStream }) {
  const { at = 0 } = useLive();
  return <span style={{ fontVariantNumeric: 'tabular-nums' }}>{duration((at - stream.StartTime) / 1000)}</span>;
}

function Recordings({ stream }: { stream: LiveStream }) {
  const t = useTexts(texts);
  if (!stream.Recordings.length) return <Typography.Text type="secondary">{t.unrecorded}</Typography.Text>;
  return (
    <Flex gap={4} wrap>
      {stream.Recordings.map((r) => (
        <Tag key={`${r.Format}${r.CauseKind}${r.Cause}`} color={r.Err ? 'error' : 'red'}>
          {r.FileID ? <Link to={`/media/${r.FileID}`}>● {r.Format.toUpperCase()}</Link> : `● ${r.Format.toUpperCase()}`}
        </Tag>
      ))}
    </Flex>
  );
}
