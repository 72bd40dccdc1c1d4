import { describe, expect, it } from 'vitest';
import { adviceOn, behindOf, byteLength, pretty, type Waiting } from './api';
import { filtersOf, paramsOf, searchOf, spanOf } from './filters';
import { isAddress } from './TemplateForm';
import { examples } from './verify';

describe('what to do about a try', () => {
  it('says nothing of one that arrived', () => {
    expect(adviceOn({ ResultCode: 0, Response: 'x' })).toBeUndefined();
  });
  it('knows why there was no answer', () => {
    for (const [text, advice] of [
      ['dial tcp 127.0.0.1:9: connect: connection refused', 'nobody'],
      ['connecting to 10.0.0.1 is refused: it is in a private network; set outbound.private to true', 'refused'],
      ['dial tcp: lookup nowhere.example: no such host', 'name'],
      ['context deadline exceeded (Client.Timeout exceeded while awaiting headers)', 'slow'],
      ['tls: failed to verify certificate: x509: certificate has expired', 'certificate'],
      ['EOF', 'unreachable'],
    ] as const) {
      expect(adviceOn({ ResultCode: 1, Response: text })).toBe(advice);
    }
  });
  it('knows what a status means', () => {
    const advice = [204, 302, 401, 403, 404, 405, 429, 400, 500, 503].map((ResultCode) => adviceOn({ ResultCode, Response: '' }));
    expect(advice).toEqual(['not200', 'redirect', 'denied', 'denied', 'missing', 'missing', 'often', 'other', 'broken', 'broken']);
  });
});

it('knows which events wait for one before them', () => {
  const event = (EventId: string, StreamName: string, Url: string, State: Waiting['State'] = 'pending') => ({ EventId, DomainName: 'd', AppName: 'live', StreamName, Url, State }) as Waiting;
  const events = [event('1', 'a', 'x', 'parked'), event('2', 'a', 'x'), event('3', 'a', 'y'), event('4', 'b', 'x'), event('5', 'a', 'x'), event('6', 'b', 'x', 'parked')];
  expect([...behindOf(events)]).toEqual(['5']);
});

describe('bodies', () => {
  it('breaks JSON into lines', () => {
    expect(pretty('{"a":1,"b":[2]}')).toBe('{\n  "a": 1,\n  "b": [\n    2\n  ]\n}');
  });
  it('shows what would change as it was sent', () => {
    expect(pretty('{"id":912201606571753472}')).toBe('{"id":912201606571753472}');
    expect(pretty('<html>')).toBe('<html>');
  });
});

describe('filters', () => {
  it('stand in the address and come back', () => {
    const filters = { stream: 'a b', event: '0', result: '1', id: '17', day: '2026-03-04', page: 2 };
    expect(filtersOf(searchOf(filters))).toEqual(filters);
    expect(searchOf(filtersOf(new URLSearchParams('page=-3&x=y'))).toString()).toBe('');
  });
  it('ask for the same for ten minutes, for a day, with now in it', () => {
    const now = Date.UTC(2026, 2, 4, 12, 1);
    expect(spanOf('', now)).toEqual({ StartTime: '2026-03-03T12:20:00Z', EndTime: '2026-03-04T12:20:00Z' });
    expect(spanOf('', now + 480_000)).toEqual(spanOf('', now));
  });
  it('ask for one day of the place where one is', () => {
    const { StartTime, EndTime } = spanOf('2026-03-04', 0);
    expect(new Date(StartTime).getTime()).toBe(new Date('2026-03-04T00:00:00').getTime());
    expect(Date.parse(EndTime) - Date.parse(StartTime)).toBe(86_399_000);
  });
  it('take an event of type 0 for one', () => {
    const params = paramsOf({ stream: '', event: '0', result: '0', id: '', day: '', page: 1 }, 0);
    expect(params).toMatchObject({ EventType: 0, ResultCode: 0, StreamName: '', PageNum: 1 });
    expect(params).not.toHaveProperty('EventId');
  });
});

describe('addresses', () => {
  it('are those that the server takes', () => {
    expect(['https://a.example/b?c=d', 'http://127.0.0.1:9000'].every(isAddress)).toBe(true);
    expect(['', 'a.example', 'ftp://a.example', 'http://u:p@a.example', 'http://', 'javascript:alert(1)'].some(isAddress)).toBe(false);
  });
  it('and texts are counted in bytes', () => {
    expect(byteLength('aé回😀')).toBe(10);
  });
});

describe('receivers as code', () => {
  it('hold the key as each language writes it', () => {
    const code = Object.fromEntries(examples('a"b\\c\n`回😀').map((e) => [e.key, e.code]));
    expect(code.go).toContain('const key = "a\\"b\\\\c\\n`回😀"');
    expect(code.node).toContain('const key = "a\\"b\\\\c\\n`\\u56de\\ud83d\\ude00";');
    expect(code.python).toContain('KEY = "a\\"b\\\\c\\n`\\u56de\\U0001f600".encode()');
  });
});
