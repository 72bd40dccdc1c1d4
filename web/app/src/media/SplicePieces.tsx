import { Button, Flex, theme, Tooltip, Typography } from 'antd';
import dayjs from 'dayjs';
import { useTexts } from '../i18n/texts';
import { duration } from '../lib/format';
import { useLengths } from './lengths';
import { workTexts } from './workTexts';

interface Stretch {
  StartTime: string;
  EndTime: string;
}

interface Piece extends Stretch {
  FileId: string;
}

/** Time that the new file lacks. */
export interface SplicedGap extends Stretch {
  Duration: number;
  Reason: string;
  /** What was recorded in that time, but was not chosen. */
  OtherSet: Piece[];
}

/** What SpliceRecordings tells of what it joins. */
export interface Spliced {
  PieceSet: Piece[];
  GapSet: SplicedGap[];
}

const clock = (text: string) => dayjs(text).format('HH:mm:ss');
const seconds = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 1000;
/** How much of a gap was recorded, in seconds. */
const recorded = (gap: SplicedGap) => gap.OtherSet.reduce((n, p) => n + seconds(p.StartTime, p.EndTime), 0);

/** How long the new file is, in seconds: a piece may have gaps inside; exported for tests. */
export function lengthOf({ PieceSet, GapSet }: Spliced): number {
  const at = Date.parse;
  const both = (p: Stretch, g: Stretch) => Math.max(0, Math.min(at(p.EndTime), at(g.EndTime)) - Math.max(at(p.StartTime), at(g.StartTime))) / 1000;
  return PieceSet.reduce((n, p) => n + seconds(p.StartTime, p.EndTime) - GapSet.reduce((m, g) => m + both(p, g), 0), 0);
}

interface Props {
  title: string;
  found: Spliced;
  /** Adds what was recorded in a gap to what is joined. */
  add?: (gap: SplicedGap) => void;
}

/** Pieces and gaps on the clock; of a gap, whether nothing was recorded then or it was only not chosen. */
export function Pieces({ title, found, add }: Props) {
  const t = useTexts(workTexts);
  const length = useLengths();
  const { token } = theme.useToken();
  const all = [...found.PieceSet.map((p) => ({ ...p, gap: false })), ...found.GapSet.map((g) => ({ ...g, gap: true }))];
  const begin = Math.min(...all.map((p) => Date.parse(p.StartTime)));
  const end = Math.max(...all.map((p) => Date.parse(p.EndTime)), begin + 1);
  const share = (text: string) => ((Date.parse(text) - begin) / (end - begin)) * 100;
  const sum = lengthOf(found);
  const missing = found.GapSet.reduce((n, g) => n + g.Duration, 0);
  const others = found.GapSet.reduce((n, g) => n + recorded(g), 0);
  const hatched = `repeating-linear-gradient(45deg, ${token.colorWarning} 0 3px, transparent 3px 7px)`;
  return (
    <div style={{ padding: 12, borderRadius: 8, background: token.colorFillQuaternary }}>
      <Typography.Text strong>{`${title}: ${t.pieces(found.PieceSet.length, duration(sum))}`}</Typography.Text>
      <div role="img" aria-label={t.line} style={{ position: 'relative', height: 22, margin: '8px 0', borderRadius: 4, overflow: 'hidden', background: token.colorFillTertiary }}>
        {all.map((p, i) => (
          <Tooltip key={i} title={`${p.gap ? '' : `${t.piece} ${i + 1}: `}${clock(p.StartTime)} – ${clock(p.EndTime)}`}>
            <span
              style={{
                position: 'absolute', top: 0, bottom: 0, left: `${share(p.StartTime)}%`, width: `max(3px, ${share(p.EndTime) - share(p.StartTime)}%)`,
                background: p.gap ? `${hatched}, ${token.colorBgContainer}` : token.colorPrimary, boxShadow: p.gap ? undefined : `inset -1px 0 ${token.colorBgContainer}`,
              }}
            />
          </Tooltip>
        ))}
      </div>
      <Typography.Text type="secondary" style={{ fontSize: 12, display: 'block' }}>
        {!found.GapSet.length ? t.noGaps : others ? t.leftOut(length(missing), length(others)) : t.gapsShown(found.GapSet.length, length(missing))}
      </Typography.Text>
      {found.GapSet.slice(0, 6).map((g, i) => (
        <Flex key={i} gap={8} align="center" wrap style={{ fontSize: 12, marginTop: 2 }}>
          <span>
            {t.gap(length(g.Duration), clock(g.StartTime), clock(g.EndTime))}
            {recorded(g) > 0 && t.ofWhich(length(recorded(g)))}
          </span>
          {add && recorded(g) > 0 && <Button size="small" onClick={() => add(g)}>{t.addOthers(g.OtherSet.length)}</Button>}
        </Flex>
      ))}
    </div>
  );
}
