import { describe, expect, it } from 'vitest';
import { defaultFileName, expand, mistake, placeholders } from './fileName';

const start = new Date('2026-03-04T05:06:07.089Z');
const end = new Date('2026-03-04T05:36:07Z');

describe('names of files', () => {
  it('has what the server has when there is no pattern', () => {
    expect(expand('', 'show', start, end)).toBe('show_2026-03-04-05-06-07_2026-03-04-05-36-07');
    expect(expand('{StreamID}{StartMillisecond}{EndMinute}x', 'a', start, end)).toBe('a08936x');
  });
  it('takes every placeholder, and no other', () => {
    expect(placeholders).toHaveLength(15);
    for (const p of placeholders) expect(mistake(`{${p}}`)).toBeUndefined();
    expect(mistake(defaultFileName)).toBeUndefined();
    expect(mistake('{StartWeek}')).toEqual({ kind: 'unknown', name: 'StartWeek' });
    expect(mistake('{}')).toEqual({ kind: 'unknown', name: '' });
  });
  it('refuses what the server refuses', () => {
    expect(mistake('a/b')).toEqual({ kind: 'slash' });
    expect(mistake('a\\b')).toEqual({ kind: 'slash' });
    expect(mistake('a{StreamID')).toEqual({ kind: 'open' });
    expect(mistake('a\u0007')).toEqual({ kind: 'control' });
    expect(mistake('录'.repeat(86))).toEqual({ kind: 'long' });
    expect(mistake('录'.repeat(85))).toBeUndefined();
  });
  it('does not read names of streams as patterns', () => {
    expect(expand('{StreamID}', '{StartYear}$&', start, end)).toBe('{StartYear}$&');
  });
});
