import { describe, expect, it } from 'vitest';
import { texts } from './texts';
import { parts, unitOf } from './units';

describe('units', () => {
  it('takes the largest one that divides', () => {
    expect(unitOf(7200, ['s', 'min', 'h'])).toBe('h');
    expect(unitOf(5400, ['s', 'min', 'h'])).toBe('min');
    expect(unitOf(61, ['s', 'min', 'h'])).toBe('s');
    expect(unitOf(61, ['min', 'h', 'd'])).toBe('min');
  });
  it('says two units at most', () => {
    expect(parts(90061)).toEqual([[1, 'd'], [1, 'h']]);
    expect(parts(0)).toEqual([[0, 's']]);
    expect(texts.en.spell(2_592_000)).toBe('30 days');
    expect(texts.en.spell(86_400)).toBe('1 day');
    expect(texts.zh.spell(5400)).toBe('1 小时 30 分钟');
  });
});
