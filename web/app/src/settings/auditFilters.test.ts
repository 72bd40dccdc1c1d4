import { expect, it } from 'vitest';
import { auditFiltersOf, auditParamsOf, auditSearchOf, laidOut, pairs, summary, taskOf, type AuditEvent } from './auditFilters';

it('keeps filters in the address, and nothing that is not one', () => {
  const f = auditFiltersOf(new URLSearchParams('who=console&action=ConsoleLogin&product=console&result=Failed&request=r1&days=30'));
  expect(f).toEqual({ who: 'console', action: 'ConsoleLogin', product: 'console', result: 'Failed', request: 'r1', days: 30 });
  expect(auditFiltersOf(auditSearchOf(f))).toEqual(f);
  expect(auditFiltersOf(new URLSearchParams('days=400&result=maybe'))).toEqual({ who: '', action: '', product: '', result: '', request: '', days: 7 });
  expect(auditSearchOf(auditFiltersOf(new URLSearchParams())).toString()).toBe('');
});

it('asks for a span that holds now, no longer than the API takes, and the same for ten minutes', () => {
  const f = auditFiltersOf(new URLSearchParams('days=30&who=AKID1'));
  const now = 1_795_326_659_000;
  const p = auditParamsOf(f, now);
  expect(p.EndTime).toBeGreaterThan(now / 1000);
  expect(p.EndTime - p.StartTime).toBe(30 * 86_400);
  expect(p.LookupAttributes).toEqual([{ AttributeKey: 'Username', AttributeValue: 'AKID1' }]);
  const tenMinutes = Math.floor(now / 600_000) * 600_000;
  expect(auditParamsOf(f, tenMinutes)).toEqual(auditParamsOf(f, tenMinutes + 599_999));
});

it('shows JSON laid out, and what was cut as it is', () => {
  expect(laidOut('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(laidOut('{"a":"bb…')).toBe('{"a":"bb…');
  expect(laidOut('{}')).toBe('');
  expect(laidOut('')).toBe('');
});

it('sums up parameters in a line', () => {
  expect(summary('{"DomainName":"a.example","Enable":1,"Tags":["x"]}')).toBe('DomainName: a.example · Enable: 1 · Tags: x');
  expect(summary('{}')).toBe('');
  expect(summary(`{"a":"${'x'.repeat(900)}"}`)).toHaveLength(300);
  expect(summary('{"a":"bb…')).toBe('{"a":"bb…');
});

it('names parameters in structures and lists whole', () => {
  expect(pairs('{"Mp4Param":{"Enable":1,"Tags":["a","b"]},"Set":[{"Name":"x"}],"Wait":null}')).toEqual([['Mp4Param.Enable', '1'], ['Mp4Param.Tags', 'a, b'], ['Set.0.Name', 'x'], ['Wait', 'null']]);
  expect(pairs('{"a":"bb…')).toBeUndefined();
  expect(pairs('"text"')).toBeUndefined();
  expect(pairs('')).toBeUndefined();
});

it('knows what was only begun', () => {
  const of = (EventSource: string, answer: string) => taskOf({ EventSource, ResponseElements: answer } as AuditEvent);
  expect(of('vod', '{"TaskId":"t-1"}')).toBe('t-1');
  expect(of('vod', '{"TaskId":"t-1","FileId":"7"}')).toBe('');
  expect(of('live', '{"TaskId":"7"}')).toBe('');
  expect(of('vod', '{"TaskId":"t…')).toBe('');
});
