// Which rule wins, in the order of the specification.
import type { Explanation, Rule, RuleKey } from './types';

/** 1 is the strongest: domain, app and stream; domain and stream; domain and app; domain alone. */
export function level(rule: RuleKey): 1 | 2 | 3 | 4 {
  if (rule.AppName && rule.StreamName) return 1;
  if (rule.StreamName) return 2;
  return rule.AppName ? 3 : 4;
}

/** The key of a rule as text; there is one rule per key. */
export function keyOf(rule: RuleKey): string {
  return JSON.stringify([rule.DomainName, rule.AppName, rule.StreamName]);
}

/** All rules in the order in which they win; those of one strength can only meet where one has another name. */
export function inOrder(rules: readonly Rule[]): Rule[] {
  const by = (r: Rule) => `${level(r)}\0${r.DomainName}\0${r.AppName}\0${r.StreamName}`;
  return [...rules].sort((a, b) => (by(a) < by(b) ? -1 : 1));
}

/** What a rule is to a stream. */
export type Part = { is: 'wins' } | { is: 'shadowed' } | { is: 'other'; by: 'DomainName' | 'AppName' | 'StreamName' };

/** What a rule is to the stream of an explanation. */
export function partOf(rule: Rule, explained: Explanation, app: string): Part {
  const key = keyOf(rule);
  if (explained.Rule && keyOf(explained.Rule) === key) return { is: 'wins' };
  if (explained.Shadowed.some((s) => keyOf(s) === key)) return { is: 'shadowed' };
  if (rule.DomainName !== explained.DomainName) return { is: 'other', by: 'DomainName' };
  return { is: 'other', by: rule.AppName && rule.AppName !== app ? 'AppName' : 'StreamName' };
}

/** The rules that a new one would win over, and those that would win over it, for streams that fit both. */
export function meets(rule: RuleKey, rules: readonly Rule[]): { over: Rule[]; under: Rule[]; same: Rule | undefined } {
  const fits = (a: string, b: string) => !a || !b || a === b;
  const met = rules.filter((r) => r.DomainName === rule.DomainName && fits(r.AppName, rule.AppName) && fits(r.StreamName, rule.StreamName));
  return {
    over: inOrder(met.filter((r) => level(r) > level(rule))),
    under: inOrder(met.filter((r) => level(r) < level(rule))),
    same: met.find((r) => keyOf(r) === keyOf(rule)),
  };
}
