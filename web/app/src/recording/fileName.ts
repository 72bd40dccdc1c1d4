// VodFileName: the pattern of a file's name, with placeholders.

/** What a file is called whose template has no pattern. */
export const defaultFileName =
  '{StreamID}_{StartYear}-{StartMonth}-{StartDay}-{StartHour}-{StartMinute}-{StartSecond}_{EndYear}-{EndMonth}-{EndDay}-{EndHour}-{EndMinute}-{EndSecond}';

const fields = ['Year', 'Month', 'Day', 'Hour', 'Minute', 'Second', 'Millisecond'] as const;

/** All placeholders, without braces. */
export const placeholders = ['StreamID', ...fields.map((f) => `Start${f}`), ...fields.map((f) => `End${f}`)];

/** What is wrong with a pattern; undefined if it is good. */
export type Mistake = { kind: 'long' | 'slash' | 'control' | 'open' } | { kind: 'unknown'; name: string };

export function mistake(pattern: string): Mistake | undefined {
  if (new TextEncoder().encode(pattern).length > 255) return { kind: 'long' };
  if (/[/\\]/.test(pattern)) return { kind: 'slash' };
  if (/\p{Cc}/u.test(pattern)) return { kind: 'control' };
  for (const [, name, end] of pattern.matchAll(/\{([^}]*)(\}?)/g)) {
    if (!end) return { kind: 'open' };
    if (!placeholders.includes(name ?? '')) return { kind: 'unknown', name: name ?? '' };
  }
  return undefined;
}

function values(prefix: string, at: Date): Record<string, string> {
  const two = (n: number) => String(n).padStart(2, '0');
  const out = [String(at.getUTCFullYear()), two(at.getUTCMonth() + 1), two(at.getUTCDate()), two(at.getUTCHours()), two(at.getUTCMinutes()), two(at.getUTCSeconds()), String(at.getUTCMilliseconds()).padStart(3, '0')];
  return Object.fromEntries(fields.map((f, i) => [prefix + f, out[i] ?? '']));
}

/** The name that a file of a stream would have, in UTC. */
export function expand(pattern: string, stream: string, start: Date, end: Date): string {
  const all: Record<string, string> = { StreamID: stream, ...values('Start', start), ...values('End', end) };
  return (pattern || defaultFileName).replace(/\{([^}]*)\}/g, (whole, name: string) => all[name] ?? whole);
}
