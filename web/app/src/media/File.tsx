import { lazy, Suspense, useCallback, useRef, useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { ArrowLeftOutlined, DownloadOutlined, EditOutlined, MoreOutlined, ScissorOutlined, ShareAltOutlined } from '@ant-design/icons';
import { Alert, Button, Card, Col, Dropdown, Flex, Result, Row, Skeleton, Typography } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { Failure } from '../components/Failure';
import { visible } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { bytes, duration } from '../lib/format';
import { Page } from '../layout/Page';
import { RemoveDialog } from './Bulk';
import { ClipDialog } from './Clip';
import { clipTexts } from './clipTexts';
import { EditDialog } from './Edit';
import { Facts } from './Facts';
import { fileTexts } from './fileTexts';
import { FlowDialog } from './Flow';
import { useExtent } from './Grid';
import { Marks } from './Marks';
import type { Part } from './Scrubber';
import { ShareDialog } from './Share';
import { SpliceDialog } from './Splice';
import { SpliceOffer } from './SpliceOffer';
import { stamp } from './timeline';
import { titleOf } from './titles';
import { local, saved, type MediaInfo } from './types';
import { useActions } from './useActions';
import { useFile, useSource, useThumbnails } from './useFile';
import { WorkButton } from './Work';

const Player = lazy(() => import('./Player'));

/** One file, by its address. */
export default function File() {
  const t = useTexts(fileTexts);
  const { t: nav } = useTranslation();
  const { fileId = '' } = useParams();
  const [query] = useSearchParams();
  const [leaving, setLeaving] = useState('');
  const { data, error, refetch } = useFile(fileId, Number(query.get('app')) || 0);
  if (error && !data) return <Failure error={error} retry={() => void refetch()} />;
  // What is being deleted here may be known to be gone before the page is left.
  if (data === undefined || (data === null && leaving === fileId)) return <Skeleton active />;
  if (data === null) {
    return (
      <Page title={nav('nav.media')}>
        <Result status="404" title={t.gone} extra={<Link to="/media"><Button type="primary" tabIndex={-1}>{t.back}</Button></Link>} />
      </Page>
    );
  }
  return <One key={fileId} info={data.info} app={data.app} leave={(on) => setLeaving(on ? fileId : '')} />;
}

/** Whether its addresses give anything at the moment. */
const playable = ({ BasicInfo: { Status } }: MediaInfo) => Status === 'Normal' || Status === 'Recording';

type Dialog = 'share' | 'edit' | 'clip' | 'flow' | 'splice' | 'remove';

interface OneProps {
  info: MediaInfo;
  app: number;
  /** Tells whether the file is being deleted. */
  leave: (on: boolean) => void;
}

function One({ info, app, leave }: OneProps) {
  const t = useTexts(fileTexts);
  const navigate = useNavigate();
  const video = useRef<HTMLVideoElement>(null);
  const [part, setPart] = useState<Part>({});
  const [dialog, setDialog] = useState<Dialog>();
  const { seconds } = useExtent(info);
  const list = `/media${app ? `?app=${app}` : ''}`;
  const close = () => setDialog(undefined);
  const seek = (to: number) => {
    if (video.current) video.current.currentTime = to;
  };
  const removed = (left: MediaInfo[]) => {
    if (!left.length) return void navigate(list);
    leave(false);
    close();
  };
  const live = info.BasicInfo.SourceInfo.LiveRecordInfo;
  return (
    <Page title={visible(titleOf(info).slice(0, 200))} extra={<Tools info={info} app={app} video={video} open={setDialog} />}>
      <Flex gap={12} align="center" wrap style={{ marginBottom: 12 }}>
        <Link to={list}><ArrowLeftOutlined /> {t.back}</Link>
        <Marks info={info} />
        {live && <Link to={`/media?${new URLSearchParams({ domain: live.Domain, path: live.Path, stream: live.StreamId, ...(app ? { app: String(app) } : {}) })}`}>{t.sameStream}</Link>}
      </Flex>
      <Row gutter={[16, 16]}>
        <Col xs={24} lg={15} xl={16}>
          <Card size="small">
            <Stage info={info} video={video} part={part} setPart={setPart} length={seconds} />
            <PartBar part={part} setPart={setPart} video={video} clip={() => setDialog('clip')} share={() => setDialog('share')} disabled={!info.BasicInfo.MediaUrl || !playable(info)} />
          </Card>
          <SpliceOffer info={info} app={app} splice={() => setDialog('splice')} />
          <SpriteOffer info={info} app={app} video={video} />
        </Col>
        <Col xs={24} lg={9} xl={8}>
          <Facts info={info} app={app} seek={seek} />
        </Col>
      </Row>
      {dialog === 'share' && <ShareDialog info={info} app={app} part={part} length={seconds} close={close} />}
      {dialog === 'clip' && <ClipDialog info={info} app={app} part={part} length={seconds} close={close} />}
      {dialog === 'edit' && <EditDialog info={info} app={app} close={close} />}
      {dialog === 'flow' && <FlowDialog info={info} app={app} close={close} />}
      {dialog === 'splice' && <SpliceDialog files={[info]} app={app} close={close} />}
      {dialog === 'remove' && <RemoveDialog files={[info]} app={app} close={close} begin={() => leave(true)} end={removed} />}
    </Page>
  );
}

interface StageProps {
  info: MediaInfo;
  video: React.RefObject<HTMLVideoElement | null>;
  part: Part;
  setPart: (part: Part) => void;
  length: number;
}

/** The player, or why there is none. */
function Stage({ info, video, part, setPart, length }: StageProps) {
  const t = useTexts(fileTexts);
  const queries = useQueryClient();
  const [turn, setTurn] = useState(0);
  const source = useSource(info, turn);
  const renew = useCallback(async () => {
    await queries.invalidateQueries({ queryKey: ['media', 'file', info.FileId] });
    setTurn((n) => n + 1);
  }, [queries, info.FileId]);
  const thumbnails = useThumbnails(info);
  const { Status: status, SourceInfo } = info.BasicInfo;
  const begin = SourceInfo.LiveRecordInfo ? Date.parse(SourceInfo.LiveRecordInfo.RecordStartTime) : undefined;
  const [poster] = useState(() => local(info.BasicInfo.CoverUrl));
  if (status === 'Forbidden') return <Alert type="warning" showIcon title={t.forbidden} />;
  if (status === 'Lost') return <Alert type="error" showIcon title={t.lost} />;
  if (!source.address) return <Alert type="info" showIcon title={t.noOriginal} />;
  return (
    <>
      {status === 'Recording' && <Alert type="info" title={t.recordingNow} style={{ marginBottom: 8 }} />}
      <Suspense fallback={<div style={{ aspectRatio: '16 / 9', background: '#000', borderRadius: 8 }} />}>
        <Player {...{ video, source, poster, length, thumbnails, begin, part, setPart, renew }} gaps={info.RecordInfo.GapSet} />
      </Suspense>
    </>
  );
}

interface PartProps {
  part: Part;
  setPart: (part: Part) => void;
  video: React.RefObject<HTMLVideoElement | null>;
  clip: () => void;
  share: () => void;
  disabled: boolean;
}

/** Marks a part, and says what can be done with it. */
function PartBar({ part, setPart, video, clip, share, disabled }: PartProps) {
  const t = useTexts(fileTexts);
  const now = () => video.current?.currentTime ?? 0;
  const marked = part.from !== undefined || part.to !== undefined;
  const begin = () => setPart({ from: now(), ...(part.to !== undefined && part.to > now() ? { to: part.to } : {}) });
  const end = () => setPart({ from: part.from !== undefined && part.from < now() ? part.from : 0, to: now() });
  return (
    <Flex gap={8} wrap align="center" style={{ marginTop: 8 }}>
      <Button size="small" onClick={begin} disabled={disabled}>{`[ ${t.markIn}`}</Button>
      <Button size="small" onClick={end} disabled={disabled}>{`${t.markOut} ]`}</Button>
      {marked ? (
        <>
          <Typography.Text style={{ fontVariantNumeric: 'tabular-nums' }}>
            {`${stamp(part.from ?? 0, 1)} – ${part.to === undefined ? '…' : stamp(part.to, 1)}${part.to === undefined ? '' : ` (${duration(part.to - (part.from ?? 0))})`}`}
          </Typography.Text>
          <Button size="small" type="primary" icon={<ScissorOutlined />} onClick={clip}>{t.clip}</Button>
          <Button size="small" icon={<ShareAltOutlined />} onClick={share}>{t.sharePart}</Button>
          <Button size="small" type="text" onClick={() => setPart({})}>{t.clear}</Button>
        </>
      ) : (
        <Typography.Text type="secondary" style={{ fontSize: 12 }}>{t.markHint}</Typography.Text>
      )}
    </Flex>
  );
}

function SpriteOffer({ info, app, video }: { info: MediaInfo; app: number; video: React.RefObject<HTMLVideoElement | null> }) {
  const t = useTexts(fileTexts);
  const { sprite, making } = useActions(info, app, video);
  if (info.ImageSpriteInfo?.ImageSpriteSet.length || info.BasicInfo.Status !== 'Normal' || !info.MetaData.VideoStreamSet.length) return null;
  return (
    <Flex gap={8} align="center" wrap style={{ marginTop: 8, paddingInline: 4 }}>
      <Typography.Text type="secondary">{making ? t.making : t.noSprite}</Typography.Text>
      {!making && <Button size="small" onClick={() => void sprite()}>{t.make}</Button>}
    </Flex>
  );
}

interface ToolsProps {
  info: MediaInfo;
  app: number;
  video: React.RefObject<HTMLVideoElement | null>;
  open: (dialog: Dialog) => void;
}

/** All that can be done with the file. */
function Tools({ info, app, video, open }: ToolsProps) {
  const t = useTexts(fileTexts);
  const clip = useTexts(clipTexts);
  const act = useActions(info, app, video);
  const { BasicInfo: basic, RecordInfo: record } = info;
  const done = basic.Status !== 'Recording';
  const save = (key: string, url: string, text: string) => ({ key, label: <a href={saved(local(url))} download>{text}</a> });
  const originals = basic.MediaUrl && basic.Type !== 'hls' ? [save('as', basic.MediaUrl, t.asIs(basic.Type.toUpperCase(), bytes(info.MetaData.Size)))] : [];
  const others = (info.TranscodeInfo?.TranscodeSet ?? []).filter((x) => x.Definition !== 0).map((x) => save(x.Url, x.Url, `${t.transcode} ${x.Container.toUpperCase()}${x.Height ? ` ${x.Height}p` : ''}, ${bytes(x.Size)}`));
  const convert = basic.MediaUrl && done && basic.Type !== 'mp4' && info.MetaData.VideoStreamSet.length ? [{ key: 'mp4', label: t.mp4, onClick: () => void act.mp4() }] : [];
  const downloads = [...originals, ...others, ...convert];
  const ia = basic.StorageClass !== 'STANDARD';
  return (
    <Flex gap={8} wrap>
      <Button type="primary" icon={<ShareAltOutlined />} disabled={!basic.MediaUrl} onClick={() => open('share')}>{clip.shareTitle}</Button>
      {playable(info) && originals.length === 1 && downloads.length === 1 ? (
        <Button icon={<DownloadOutlined />} href={saved(local(basic.MediaUrl))} download title={t.asIs(basic.Type.toUpperCase(), bytes(info.MetaData.Size))}>{t.download}</Button>
      ) : (
        <Dropdown trigger={['click']} disabled={!downloads.length || !playable(info)} menu={{ items: downloads }}>
          <Button icon={<DownloadOutlined />}>{t.download}</Button>
        </Dropdown>
      )}
      <Button icon={<EditOutlined />} onClick={() => open('edit')}>{t.edit}</Button>
      <WorkButton />
      <Dropdown
        trigger={['click']}
        menu={{
          items: [
            ...(done ? [{ key: 'splice', label: t.splice, onClick: () => open('splice') }] : []),
            ...(info.MetaData.VideoStreamSet.length ? [{ key: 'cover', label: t.cover, onClick: () => void act.cover() }] : []),
            ...(done ? [{ key: 'sprite', label: t.sprite, onClick: () => void act.sprite() }, { key: 'flow', label: t.flow, onClick: () => open('flow') }] : []),
            { type: 'divider' },
            record.Held ? { key: 'unhold', label: t.unhold, onClick: () => void act.unhold() } : { key: 'hold', label: t.hold, onClick: act.hold },
            basic.Status === 'Forbidden' ? { key: 'recover', label: t.recover, onClick: () => void act.recover() } : { key: 'forbid', label: t.forbid, onClick: act.forbid },
            ...(done ? [{ key: 'store', label: ia ? t.toStandard : t.toIA, onClick: () => void act.store(ia ? 'STANDARD' : 'STANDARD_IA') }] : []),
            { type: 'divider' },
            { key: 'remove', danger: true, label: t.remove, disabled: !done || record.Held, onClick: () => open('remove') },
          ],
        }}
      >
        <Button icon={<MoreOutlined />} aria-label={t.more} />
      </Dropdown>
    </Flex>
  );
}
