import { useRef, useState, type PointerEvent } from 'react';
import { theme } from 'antd';
import dayjs from 'dayjs';
import { useTexts } from '../i18n/texts';
import { duration } from '../lib/format';
import { fileTexts } from './fileTexts';
import { leftOut, useLengths, useWhy } from './lengths';
import { clockAt, stamp, thumbnailAt, type Thumbnail } from './timeline';
import type { Gap } from './types';

/** A part that was marked, in seconds. */
export interface Part {
  from?: number;
  to?: number;
}

interface Props {
  time: number;
  length: number;
  gaps: Gap[];
  part: Part;
  thumbnails: Thumbnail[];
  /** When the recording began, in ms; undefined if that is not known. */
  begin: number | undefined;
  seek: (to: number) => void;
}

/** The time line: where one is, where the recording was interrupted, and what is to be seen where one points. */
export function Scrubber({ time, length, gaps, part, thumbnails, begin, seek }: Props) {
  const t = useTexts(fileTexts);
  const gapText = useGapText();
  const { token } = theme.useToken();
  const bar = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number>();
  const share = (seconds: number) => `${length > 0 ? Math.min(100, (seconds / length) * 100) : 0}%`;
  const timeOf = (event: PointerEvent) => {
    const box = bar.current!.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * length;
  };
  const point = (event: PointerEvent) => {
    const to = timeOf(event);
    setAt(to);
    if (event.buttons === 1) seek(to);
  };
  const line = { position: 'absolute', top: 9, height: 6, borderRadius: 3 } as const;
  return (
    <div
      ref={bar}
      dir="ltr"
      role="slider"
      tabIndex={0}
      aria-label={t.seek}
      aria-valuemin={0}
      aria-valuemax={Math.round(length)}
      aria-valuenow={Math.round(time)}
      aria-valuetext={duration(time)}
      style={{ position: 'relative', height: 24, cursor: 'pointer', touchAction: 'none' }}
      onPointerDown={(event) => {
        bar.current?.setPointerCapture(event.pointerId);
        seek(timeOf(event));
      }}
      onPointerMove={point}
      onPointerLeave={() => setAt(undefined)}
    >
      <div style={{ ...line, left: 0, right: 0, background: token.colorFillSecondary }} />
      {part.from !== undefined && <div style={{ position: 'absolute', top: 4, height: 16, left: share(part.from), width: `calc(${share(part.to ?? length)} - ${share(part.from)})`, background: token.colorInfoBg, border: `1px solid ${token.colorInfo}`, borderRadius: 3 }} />}
      <div style={{ ...line, left: 0, width: share(time), background: token.colorPrimary }} />
      {gaps.map((gap, i) => (
        <div key={i} data-gap title={gapText(gap)} style={{ position: 'absolute', top: 3, height: 18, width: 4, marginLeft: -2, left: share(gap.At), background: token.colorWarning, border: `1px solid ${token.colorBgContainer}`, borderRadius: 2 }} />
      ))}
      <div style={{ position: 'absolute', top: 5, left: share(time), width: 14, height: 14, marginLeft: -7, borderRadius: 7, background: token.colorPrimary, border: `2px solid ${token.colorBgContainer}`, boxShadow: token.boxShadowTertiary }} />
      {at !== undefined && length > 0 && <Pointed at={at} left={share(at)} thumbnail={thumbnailAt(thumbnails, at)} clock={begin === undefined ? undefined : clockAt(begin, gaps, at)} gap={gaps.find((g) => Math.abs(g.At - at) < length / 100)} />}
    </div>
  );
}

/** Says what a gap lacks, in words. */
export function useGapText(): (gap: Gap) => string {
  const t = useTexts(fileTexts);
  const length = useLengths();
  const why = useWhy();
  return (gap) => (gap.Reason === leftOut ? t.leftOutAt(length(gap.Length)) : gap.Length > 0 ? t.gapAt(length(gap.Length), why(gap.Reason)) : t.lossAt(gap.Units, why(gap.Reason)));
}

function Pointed({ at, left, thumbnail, clock, gap }: { at: number; left: string; thumbnail: Thumbnail | undefined; clock: number | undefined; gap: Gap | undefined }) {
  const gapText = useGapText();
  const width = Math.max(thumbnail?.w ?? 0, 120);
  return (
    <div style={{ position: 'absolute', bottom: 26, left: `clamp(${width / 2}px, ${left}, calc(100% - ${width / 2}px))`, transform: 'translateX(-50%)', pointerEvents: 'none', zIndex: 3, background: 'rgba(0,0,0,.85)', color: '#fff', borderRadius: 6, overflow: 'hidden', textAlign: 'center', fontSize: 12 }}>
      {thumbnail && <div style={{ width: thumbnail.w, height: thumbnail.h, margin: '0 auto', backgroundImage: `url("${thumbnail.url}")`, backgroundPosition: `-${thumbnail.x}px -${thumbnail.y}px` }} />}
      <div style={{ padding: '2px 8px', whiteSpace: 'nowrap' }}>
        {stamp(at)}
        {clock !== undefined && <span style={{ opacity: 0.75 }}>{` · ${dayjs(clock).format('HH:mm:ss')}`}</span>}
      </div>
      {gap && <div style={{ padding: '0 8px 4px', color: '#ffd666', maxWidth: 240 }}>{gapText(gap)}</div>}
    </div>
  );
}
