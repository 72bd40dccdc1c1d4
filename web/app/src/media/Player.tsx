import { useEffect, useRef, type RefObject } from 'react';
import { CaretRightOutlined, FullscreenOutlined, MutedOutlined, PauseOutlined, QuestionCircleOutlined, SoundOutlined } from '@ant-design/icons';
import { Alert, Button, Flex, Popover, Select, Spin, Typography } from 'antd';
import { visible } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { duration } from '../lib/format';
import { fileTexts } from './fileTexts';
import { keyAction } from './keys';
import { Scrubber, type Part } from './Scrubber';
import type { Thumbnail } from './timeline';
import type { Gap } from './types';
import { usePlayer, type Source } from './usePlayer';

const rates = [0.25, 0.5, 1, 1.25, 1.5, 2, 4];
/** How near to its end a growing file counts as live, in seconds: its playlist is a few segments behind. */
const near = 20;

interface Props {
  video: RefObject<HTMLVideoElement | null>;
  source: Source;
  poster: string;
  /** How long the file is according to the catalogue. */
  length: number;
  gaps: Gap[];
  thumbnails: Thumbnail[];
  begin: number | undefined;
  part: Part;
  setPart: (part: Part) => void;
  /** Has the file's address anew. */
  renew: () => Promise<void>;
}

/** Plays a file, with a time line that shows its interruptions. */
export default function Player({ video, source, poster, length, gaps, thumbnails, begin, part, setPart, renew }: Props) {
  const t = useTexts(fileTexts);
  const box = useRef<HTMLDivElement>(null);
  const state = usePlayer(video, source);
  // An address may have become one that is refused while it played: once, a new one is taken, and playing goes on where it was.
  const renewed = useRef(false);
  const stale = state.failed?.kind === 'refused' && state.failed.status === 403;
  useEffect(() => {
    if (stale && !renewed.current) {
      renewed.current = true;
      void renew();
    } else if (state.playing && state.time > 0 && !stale) renewed.current = false;
  }, [stale, state.playing, state.time, renew]);
  const end = source.growing ? state.length || length : Math.max(state.length, length);
  const seek = (to: number) => {
    if (video.current) video.current.currentTime = Math.min(Math.max(0, to), Math.max(0, end - 0.05));
  };
  const toggle = () => (video.current?.paused ? void video.current.play().catch(() => undefined) : video.current?.pause());
  const full = () => void (document.fullscreenElement ? document.exitFullscreen() : box.current?.requestFullscreen?.());
  const rate = (to: number) => {
    if (video.current) video.current.playbackRate = to;
  };
  useKeys((action) => {
    const now = video.current;
    if (!now) return;
    if (action.kind === 'toggle') toggle();
    else if (action.kind === 'seek') seek(now.currentTime + action.by);
    else if (action.kind === 'share') seek(end * action.of);
    else if (action.kind === 'rate') rate(rates[Math.min(rates.length - 1, Math.max(0, rates.indexOf(now.playbackRate) + action.by))] ?? 1);
    else if (action.kind === 'mute') now.muted = !now.muted;
    else if (action.kind === 'full') full();
    else if (action.kind === 'in') setPart({ from: now.currentTime, ...(part.to !== undefined && part.to > now.currentTime ? { to: part.to } : {}) });
    else if (action.kind === 'out') setPart({ from: part.from !== undefined && part.from < now.currentTime ? part.from : 0, to: now.currentTime });
  });
  const live = source.growing && end - state.time < near;
  return (
    <div ref={box} style={{ background: 'var(--player, transparent)' }}>
      <div style={{ position: 'relative', background: '#000', borderRadius: 8, overflow: 'hidden' }}>
        <video ref={video} poster={poster || undefined} playsInline preload="metadata" crossOrigin="anonymous" aria-label={t.play} onClick={toggle} style={{ width: '100%', aspectRatio: '16 / 9', maxHeight: '70vh', display: 'block', cursor: 'pointer' }} />
        {state.waiting && <Spin style={{ position: 'absolute', inset: 0, display: 'grid', placeItems: 'center', pointerEvents: 'none' }} />}
      </div>
      {state.failed && <Alert type="error" showIcon title={{ unreachable: t.unreachable, refused: t.refused, broken: t.broken, unknown: t.cannot }[state.failed.kind]} description={state.failed.kind === 'refused' && visible(state.failed.said)} action={<Button size="small" onClick={() => void renew()}>{t.retry}</Button>} style={{ marginTop: 8 }} />}
      <div style={{ paddingInline: 7 }}>
        <Scrubber time={state.time} length={end} gaps={gaps} part={part} thumbnails={thumbnails} begin={begin} seek={seek} />
      </div>
      <Flex gap={4} align="center" wrap>
        <Button type="text" icon={state.playing ? <PauseOutlined /> : <CaretRightOutlined />} aria-label={state.playing ? t.pause : t.play} onClick={toggle} />
        <Button type="text" icon={state.muted ? <MutedOutlined /> : <SoundOutlined />} aria-label={state.muted ? t.unmute : t.mute} onClick={() => { if (video.current) video.current.muted = !video.current.muted; }} />
        <Typography.Text style={{ fontVariantNumeric: 'tabular-nums' }}>{`${duration(state.time)} / ${duration(end)}`}</Typography.Text>
        {source.growing && (
          <Button size="small" danger={live} type={live ? 'text' : 'default'} title={t.toLive} onClick={() => { seek(end - 8); void video.current?.play().catch(() => undefined); }}>
            ● {t.live}
          </Button>
        )}
        <Flex gap={4} align="center" style={{ marginInlineStart: 'auto' }}>
          <Select size="small" variant="borderless" aria-label={t.speed} value={state.rate} style={{ width: 76 }} options={rates.map((value) => ({ value, label: `${value}×` }))} onChange={rate} />
          <Popover title={t.keysTitle} content={<div style={{ maxWidth: 280 }}>{t.keys}</div>} trigger={['hover', 'focus', 'click']}>
            <Button type="text" icon={<QuestionCircleOutlined />} aria-label={t.keysTitle} />
          </Popover>
          <Button type="text" icon={<FullscreenOutlined />} aria-label={t.full} onClick={full} />
        </Flex>
      </Flex>
    </div>
  );
}

/** Whether a dialog or a list is open; those that were closed stay in the page, unseen. */
const covered = () => [...document.querySelectorAll('[role="dialog"], .ant-select-dropdown, .ant-dropdown')].some((e) => e.getClientRects().length > 0);

/** Listens to the keys of the player wherever one is on the page, but not while one types or a dialog is open. */
function useKeys(act: (action: NonNullable<ReturnType<typeof keyAction>>) => void): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const action = keyAction(event);
      if (!action || covered()) return;
      event.preventDefault();
      latest.current(action);
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, []);
}
