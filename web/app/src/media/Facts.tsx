import { Fragment } from 'react';
import { Button, Card, Flex, Tag, Typography } from 'antd';
import dayjs from 'dayjs';
import { Link } from 'react-router';
import { Name, visible } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { bitrate, bytes, duration, streamPath } from '../lib/format';
import { TemplateLink } from '../recording/TemplateLink';
import { fileTexts } from './fileTexts';
import { useExtent } from './Grid';
import { useLengths } from './lengths';
import { MadeBy, Sources } from './Origin';
import { useGapText } from './Scrubber';
import { texts } from './texts';
import { missing, stamp } from './timeline';
import { moment, streamTitle } from './titles';
import { lives, local, type MediaInfo } from './types';

const codecs: Record<string, string> = { h264: 'H.264', h265: 'H.265', hevc: 'H.265', av1: 'AV1', vp9: 'VP9', aac: 'AAC', mp3: 'MP3', opus: 'Opus', ac3: 'AC-3' };

/** What is known of a file: what is in it, and where it comes from. */
export function Facts({ info, app, seek }: { info: MediaInfo; app: number; seek: (to: number) => void }) {
  const gapText = useGapText();
  const length = useLengths();
  const t = useTexts(fileTexts);
  const list = useTexts(texts);
  const { seconds, size } = useExtent(info);
  const { BasicInfo: basic, MetaData: meta, RecordInfo: record } = info;
  const live = basic.SourceInfo.LiveRecordInfo;
  const made = basic.SourceInfo.SourceType === 'VideoProcessing';
  const byTask = record.CauseKind === 'compose' && record.Cause !== '';
  const rows: [string, React.ReactNode][] = [
    ...(streamTitle(info) === undefined ? [] : [[t.fileName, <Typography.Text key="n" className="name" copyable={{ text: basic.Name }} style={{ fontSize: 12, whiteSpace: 'normal', overflowWrap: 'anywhere' }}>{visible(basic.Name)}</Typography.Text>] as [string, React.ReactNode]]),
    [t.length, duration(seconds)],
    [t.size, bytes(size)],
    [t.bitrate, seconds > 0 ? bitrate((size * 8) / seconds) : '–'],
    ...meta.VideoStreamSet.map((v): [string, React.ReactNode] => [t.video, [codecs[v.Codec] ?? v.Codec, v.Width ? `${v.Width}×${v.Height}` : '', v.Fps ? `${v.Fps} fps` : '', v.Bitrate ? bitrate(v.Bitrate) : ''].filter(Boolean).join(' · ')]),
    ...meta.AudioStreamSet.map((a): [string, React.ReactNode] => [t.audio, [codecs[a.Codec] ?? a.Codec, a.SamplingRate ? `${a.SamplingRate / 1000} kHz` : '', a.Bitrate ? bitrate(a.Bitrate) : ''].filter(Boolean).join(' · ')]),
  ];
  const origin: [string, React.ReactNode][] = [];
  if (live) {
    origin.push([t.stream, <Link key="s" to={`/streams/${encodeURIComponent(live.Domain)}/${streamPath(live.Path, live.StreamId)}`}><Name>{`${live.Domain}/${live.Path}/${live.StreamId}`}</Name></Link>]);
    origin.push([t.recorded, `${moment(live.RecordStartTime)} – ${dayjs(live.RecordEndTime).format(dayjs(live.RecordEndTime).isSame(live.RecordStartTime, 'day') ? 'HH:mm:ss' : 'YYYY-MM-DD HH:mm:ss')}`]);
  } else origin.push([t.source, list.sources[basic.SourceInfo.SourceType] ?? basic.SourceInfo.SourceType]);
  origin.push([made ? t.madeAt : t.added, moment(basic.CreateTime)]);
  if (byTask) origin.push([t.madeOf, <Sources key="o" taskId={record.Cause} app={app} />]);
  if (record.Cause && record.CauseKind === 'task') origin.push([t.task, <Link key="t" to={`/recording/tasks/${encodeURIComponent(record.Cause)}`}>{record.Cause}</Link>]);
  else if (record.Cause && record.CauseKind === 'rule') origin.push([t.rule, <Link key="r" to="/recording"><Name>{record.Cause}</Name></Link>]);
  else if (byTask) origin.push([t.madeBy, <MadeBy key="v" taskId={record.Cause} />]);
  else if (record.Cause) origin.push([t.madeBy, <Name key="v">{record.Cause}</Name>]);
  if (record.TemplateId > 0) origin.push([t.template, <TemplateLink key="m" id={record.TemplateId} />]);
  if (record.SessionId) origin.push([t.push, <Typography.Text key="p" style={{ fontSize: 12 }} ellipsis={{ tooltip: true }}>{record.SessionId}</Typography.Text>]);
  if (record.Reason) origin.push([t.ended, `${t.reasons[record.Reason] ?? record.Reason}${record.Recovered ? `, ${t.recovered}` : ''}`]);
  if (basic.SourceInfo.SourceContext) origin.push([t.context, <Name key="c">{basic.SourceInfo.SourceContext}</Name>]);
  if (record.Note) origin.push([t.note, visible(record.Note)]);
  const kept: [string, React.ReactNode][] = [
    [t.expires, lives(info) ? t.never : moment(basic.ExpireTime)],
    ...(record.Held ? [[t.held, [visible(record.HoldReason), moment(record.HoldTime), record.HoldBy && t.heldBy(visible(record.HoldBy))].filter(Boolean).join(' · ')] as [string, React.ReactNode]] : []),
    [t.storage, list.classes[basic.StorageClass] ?? basic.StorageClass],
    [t.path, <Typography.Text key="p" className="name" copyable={{ text: basic.StoragePath }} ellipsis={{ tooltip: { title: visible(basic.StoragePath.slice(0, 500)) } }} style={{ fontSize: 12, maxWidth: '100%' }}>{visible(basic.StoragePath)}</Typography.Text>],
    ...(basic.Status === 'Recording' ? [] : [[t.sha, meta.Sha256 ? <Typography.Text key="h" copyable={{ text: meta.Sha256 }} style={{ fontSize: 12 }}>{`${meta.Sha256.slice(0, 16)}…`}</Typography.Text> : t.shaLater] as [string, React.ReactNode]]),
  ];
  return (
    <Flex vertical gap={12}>
      {basic.Description && <Card size="small"><div className="name" style={{ whiteSpace: 'pre-wrap' }}>{basic.Description.split('\n').map(visible).join('\n')}</div></Card>}
      {record.GapSet.length > 0 && (
        <Card size="small" title={made ? t.leftOutList : t.gapList}>
          <Typography.Paragraph type="secondary" style={{ marginBottom: 4 }}>{(made ? t.leftOutAll : t.missingAll)(length(missing(record.GapSet)))}</Typography.Paragraph>
          <div style={{ maxHeight: 160, overflow: 'auto' }} tabIndex={0}>
            {record.GapSet.map((gap, i) => (
              <div key={i}>
                <Button type="link" size="small" style={{ paddingInline: 0 }} onClick={() => seek(Math.max(0, gap.At - 2))}>{stamp(gap.At)}</Button> {gapText(gap)}
              </div>
            ))}
          </div>
        </Card>
      )}
      {[rows, origin, kept].map((some, i) => (
        <Card size="small" key={i} styles={{ body: { padding: '8px 12px' } }}>
          <dl style={{ display: 'grid', gridTemplateColumns: 'minmax(84px, 116px) minmax(0, 1fr)', gap: '6px 12px', margin: 0 }}>
            {some.map(([label, value], j) => (
              <Fragment key={j}>
                <dt><Typography.Text type="secondary">{label}</Typography.Text></dt>
                <dd style={{ margin: 0, minWidth: 0 }}>{value}</dd>
              </Fragment>
            ))}
          </dl>
        </Card>
      ))}
      <Parts info={info} />
    </Flex>
  );
}

/** What was made of the file. */
function Parts({ info }: { info: MediaInfo }) {
  const t = useTexts(fileTexts);
  const links = [
    ...(info.TranscodeInfo?.TranscodeSet ?? []).filter((x) => x.Definition !== 0).map((x) => ({ url: x.Url, text: `${t.transcode} ${x.Container.toUpperCase()}${x.Height ? ` ${x.Height}p` : ''}, ${bytes(x.Size)}` })),
    ...(info.AdaptiveDynamicStreamingInfo?.AdaptiveDynamicStreamingSet ?? []).map((x) => ({ url: x.Url, text: `${t.adaptive}, ${bytes(x.Size)}` })),
    ...(info.AnimatedGraphicsInfo?.AnimatedGraphicsSet ?? []).map((x) => ({ url: x.Url, text: `${t.animated} ${x.Container}, ${bytes(x.Size)}` })),
  ];
  const pictures = [
    ...(info.SampleSnapshotInfo?.SampleSnapshotSet ?? []).flatMap((x) => x.ImageUrlSet),
    ...(info.SnapshotByTimeOffsetInfo?.SnapshotByTimeOffsetSet ?? []).flatMap((x) => x.PicInfoSet.map((p) => p.Url)),
  ];
  if (!links.length && !pictures.length) return null;
  return (
    <Card size="small" title={t.parts}>
      <Flex vertical gap={4}>
        {links.map((link) => (
          <a key={link.url} href={local(link.url)} target="_blank" rel="noreferrer">{link.text}</a>
        ))}
        {pictures.length > 0 && <Tag>{t.snapshots(pictures.length)}</Tag>}
        <Flex gap={4} wrap>
          {pictures.slice(0, 12).map((url) => (
            <a key={url} href={local(url)} target="_blank" rel="noreferrer"><img src={local(url)} alt="" height={44} loading="lazy" /></a>
          ))}
        </Flex>
      </Flex>
    </Card>
  );
}
