import { describe, expect, it } from 'vitest';
import { curl, filled, findAction, folded, goSDK, nodeSDK, parametersOf, similar, type Action, type Field, type Structure } from './describe';

const field = (Name: string, Type: string, List = false): Field => ({ Name, Type, List, Required: false, Doc: '' });
const structures = new Map<string, Structure>([['Range', { Name: 'Range', Fields: [field('After', 'text'), field('Count', 'integer')] }]]);

describe('parametersOf', () => {
  it('leaves out what is empty', () => {
    expect(parametersOf([field('A', 'text'), field('B', 'integer'), field('C', 'Range'), field('D', 'text', true)], { A: '', B: ' ', C: { After: '' }, D: '' }, structures)).toEqual({});
  });
  it('reads what was typed by its type', () => {
    const fields = [field('T', 'text'), field('I', 'integer'), field('N', 'number'), field('B', 'boolean'), field('L', 'text', true), field('S', 'Range'), field('R', 'Range', true)];
    expect(
      parametersOf(fields, { T: ' a ', I: ' 7 ', N: '1.5', B: 'true', L: 'x\n\ny', S: { Count: '3' }, R: [{ After: 'z' }, { After: '' }] }, structures),
    ).toEqual({ T: ' a ', I: 7, N: 1.5, B: true, L: ['x', 'y'], S: { Count: 3 }, R: [{ After: 'z' }] });
  });
  it('keeps what a number cannot hold, and what is none, for the server to judge', () => {
    expect(parametersOf([field('I', 'integer'), field('J', 'integer'), field('B', 'boolean')], { I: '9007199254740993', J: 'x', B: 'maybe' }, structures)).toEqual({ I: '9007199254740993', J: 'x', B: 'maybe' });
  });
});

describe('calls in other programs', () => {
  const action = { Action: 'SearchMedia', Product: 'vod', Version: '2018-07-17' } as Action;
  it('quotes for a shell', () => {
    const code = curl(action, { Text: "it's" }, 'http://localhost:8080');
    expect(code).toContain(`"it'\\''s"`);
    expect(code).toContain(`\n  -H 'X-TC-Action: SearchMedia' \\\n  -H 'X-TC-Version: 2018-07-17' \\\n`);
  });
  it('quotes for Go and JavaScript', () => {
    expect(goSDK(action, { Text: '`' }, 'h:1', 'http')).toContain('[]byte("{\\n  \\"Text\\": \\"`\\"\\n}")');
    expect(nodeSDK(action, { Text: '"' }, 'h:1', 'https')).toContain('"Text": "\\""');
    expect(nodeSDK(action, {}, 'h:1', 'https')).toContain('protocol: "https://"');
  });
});

describe('the key of the code', () => {
  const action = { Action: 'SearchMedia', Product: 'vod', Version: '2018-07-17' } as Action;
  it('comes from the environment in every language', () => {
    expect(curl(action, {}, 'http://h:1')).toContain('-u "$SECRET_ID:$SECRET_KEY" http://h:1/');
    expect(goSDK(action, {}, 'h:1', 'http')).toContain('os.Getenv("SECRET_ID"), os.Getenv("SECRET_KEY")');
    expect(nodeSDK(action, {}, 'h:1', 'http')).toContain('process.env.SECRET_ID, secretKey: process.env.SECRET_KEY');
  });
});

describe('the action of an address', () => {
  const all = [['live', 'DescribeLiveRecordTasks'], ['vod', 'SearchMedia'], ['vod', 'DescribeTasks']].map(([Product, Action]) => ({ Product, Action }) as Action);
  it('is found without its product, and in any case', () => {
    expect(findAction(all, undefined, 'searchmedia')).toBe(all[1]);
    expect(findAction(all, 'vod', 'SearchMedia')).toBe(all[1]);
    expect(findAction(all, 'live', 'SearchMedia')).toBeUndefined();
    expect(findAction(all, undefined, 'SearchMedium')).toBeUndefined();
  });
  it('may have been misspelt', () => {
    expect(similar(all, 'SaerchMedia')[0]).toBe(all[1]);
    expect(similar(all, 'x')).toEqual([]);
  });
});

describe('folded fields', () => {
  const fields = [field('SubAppId', 'integer'), ...Array.from({ length: 10 }, (_, i) => field(`F${i}`, 'text')), field('Limit', 'integer'), { ...field('Last', 'text'), Required: true }];
  it('are those that are neither needed nor often used, in their order', () => {
    const { shown, more } = folded(fields);
    expect(shown.map((f) => f.Name)).toEqual(['Last', 'F0', 'F1', 'F2', 'F3', 'F4', 'F5', 'Limit']);
    expect(more.map((f) => f.Name)).toEqual(['SubAppId', 'F6', 'F7', 'F8', 'F9']);
  });
  it('are none where there are few', () => {
    const { shown, more } = folded(fields.slice(0, 8));
    expect(shown.map((f) => f.Name)).toEqual(fields.slice(0, 8).map((f) => f.Name));
    expect(more).toEqual([]);
  });
  it('are shown as soon as something stands in them', () => {
    expect([filled(undefined), filled(''), filled({ A: '' }), filled([{}]), filled('x'), filled({ A: [{ B: 'x' }] })]).toEqual([false, false, false, false, true, true]);
  });
});
