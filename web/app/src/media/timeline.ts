// Times of a file: its own, and those of the clock.
import type { Gap } from './types';

/** Seconds as people write them into a field: 1:02:03.5. */
export function stamp(seconds: number, decimals = 0): string {
  const unit = 10 ** decimals;
  const all = Math.max(0, Math.floor(seconds * unit + 1e-6));
  const rest = all % (60 * unit);
  const minutes = Math.floor(all / (60 * unit));
  const two = (n: number) => String(n).padStart(2, '0');
  const s = `${two(Math.floor(rest / unit))}${decimals ? `.${String(rest % unit).padStart(decimals, '0')}` : ''}`;
  return minutes >= 60 ? `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${s}` : `${minutes}:${s}`;
}

/** Reads what stamp writes, and plain seconds; undefined if it is neither. */
export function parseStamp(text: string): number | undefined {
  const parts = text.trim().split(':');
  if (parts.length > 3 || parts.some((p, i) => !(i === parts.length - 1 ? /^\d{1,9}(\.\d{1,6})?$/ : /^\d{1,9}$/).test(p))) return undefined;
  return parts.reduce((sum, p) => sum * 60 + Number(p), 0);
}

/** When it was by the clock, in ms, that a moment of a file was recorded: the gaps before it took time as well. */
export function clockAt(begin: number, gaps: Gap[], at: number): number {
  const missing = gaps.reduce((sum, g) => (g.At <= at ? sum + g.Length : sum), 0);
  return begin + (at + missing) * 1000;
}

/** Seconds that gaps hold in all. */
export function missing(gaps: Gap[]): number {
  return gaps.reduce((sum, g) => sum + g.Length, 0);
}

/** A small picture of a sprite, and when it is shown. */
export interface Thumbnail {
  from: number;
  to: number;
  url: string;
  x: number;
  y: number;
  w: number;
  h: number;
}

const clock = (text: string) => parseStamp(text.trim()) ?? 0;

/** Reads a WebVTT that says which part of which picture is when; base is where it was fetched. */
export function thumbnails(text: string, base: string): Thumbnail[] {
  const out: Thumbnail[] = [];
  for (const block of text.split(/\r?\n\r?\n/)) {
    const lines = block.split(/\r?\n/);
    const i = lines.findIndex((line) => line.includes('-->'));
    const [from, to] = (lines[i] ?? '').split('-->');
    const [address, area] = (lines[i + 1] ?? '').split('#xywh=');
    const [x, y, w, h] = (area ?? '').split(',').map(Number);
    if (i < 0 || !address || !from || !to || x === undefined || y === undefined || !w || !h) continue;
    const url = new URL(address, base);
    out.push({ from: clock(from), to: clock(to), url: url.pathname + url.search, x, y, w, h });
  }
  return out;
}

/** The small picture of a moment. */
export function thumbnailAt(all: Thumbnail[], at: number): Thumbnail | undefined {
  return all.find((t) => t.from <= at && at < t.to) ?? (all.length && at >= all[0]!.from ? all.at(-1) : undefined);
}
