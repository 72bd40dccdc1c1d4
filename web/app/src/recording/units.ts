// Seconds of the API, as people say them.

export type Unit = 's' | 'min' | 'h' | 'd';
export const inSeconds: Record<Unit, number> = { s: 1, min: 60, h: 3600, d: 86400 };

/** The largest of the units in which the seconds are a whole number. */
export function unitOf(seconds: number, units: readonly Unit[]): Unit {
  const whole = units.filter((u) => seconds % inSeconds[u] === 0).sort((a, b) => inSeconds[b] - inSeconds[a]);
  return whole[0] ?? units[0] ?? 's';
}

/** Seconds in at most two units: 5400 -> [[1, "h"], [30, "min"]]. */
export function parts(seconds: number): [number, Unit][] {
  let rest = Math.round(seconds);
  const out: [number, Unit][] = [];
  for (const unit of ['d', 'h', 'min', 's'] as const) {
    const n = Math.floor(rest / inSeconds[unit]);
    rest -= n * inSeconds[unit];
    if (n > 0) out.push([n, unit]);
  }
  return out.length ? out.slice(0, 2) : [[0, 's']];
}
