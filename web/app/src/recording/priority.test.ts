import { describe, expect, it } from 'vitest';
import { inOrder, keyOf, level, meets, partOf } from './priority';
import type { Explanation, Rule } from './types';

const rule = (path: string): Rule => {
  const [DomainName = '', AppName = '', StreamName = ''] = path.split('/').map((p) => (p === '*' ? '' : p));
  return { DomainName, AppName, StreamName, TemplateId: 1 };
};
const all = ['d/*/*', 'd/live/*', 'e/live/show', 'd/*/show', 'd/live/show'].map(rule);

describe('priority', () => {
  it('is that of the specification', () => {
    expect(all.map(level)).toEqual([4, 3, 1, 2, 1]);
    expect(inOrder(all).map(keyOf)).toEqual(['d/live/show', 'e/live/show', 'd/*/show', 'd/live/*', 'd/*/*'].map((p) => keyOf(rule(p))));
  });
  it('tells what each rule is to a stream', () => {
    const explained = { Decision: 'record', DomainName: 'd', Formats: [], Rule: rule('d/*/show'), Shadowed: [rule('d/*/*')], Tasks: [] } as Explanation;
    expect(all.map((r) => partOf(r, explained, 'radio'))).toEqual([
      { is: 'shadowed' },
      { is: 'other', by: 'AppName' },
      { is: 'other', by: 'DomainName' },
      { is: 'wins' },
      { is: 'other', by: 'AppName' },
    ]);
    expect(partOf(rule('d/live/other'), explained, 'live')).toEqual({ is: 'other', by: 'StreamName' });
  });
  it('knows what a new rule wins over and yields to', () => {
    const met = meets(rule('d/live/*'), all);
    expect(met.over.map(keyOf)).toEqual([keyOf(rule('d/*/*'))]);
    expect(met.under.map(keyOf)).toEqual(['d/live/show', 'd/*/show'].map((p) => keyOf(rule(p))));
    expect(met.same).toEqual(rule('d/live/*'));
    expect(meets(rule('d/radio/*'), all).same).toBeUndefined();
    expect(meets(rule('d/radio/*'), all).under.map(keyOf)).toEqual([keyOf(rule('d/*/show'))]);
  });
});
