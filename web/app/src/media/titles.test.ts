import { expect, it } from 'vitest';
import { at, file } from './fixture';
import { showOf } from './show';
import { spliceLink, spliceSpan, withPieces } from './splice';
import { nameFrom, steady, streamTitle, titleOf } from './titles';

const ids = (files: { FileId: string }[]) => files.map((f) => f.FileId);

it('calls a recording by its stream and its begin, and what somebody named by its name', () => {
  const named = file('1', { Name: 'show_2026-01-02-20-00-00_2026-01-02-20-01-00' });
  expect(streamTitle(named)).toBe('live/show');
  expect(titleOf(named)).toMatch(/^live\/show, 2026-01-0\d \d\d:\d\d:00$/);
  expect(titleOf(file('2', { Name: 'show_final' }))).toBe('show_final');
  // As long as it is being recorded its end is its begin, and another stream's name is no name of this one.
  expect(streamTitle(file('3', { Name: 'other_2026-01-02-20-00-00_2026-01-02-20-00-00' }))).toBeUndefined();
  expect(titleOf(file('4', { Name: 'show_2026-01-02-20-00-00_2026-01-02-20-01-00', SourceInfo: { SourceType: 'VideoProcessing', SourceContext: '', LiveRecordInfo: null } }))).toBe('show_2026-01-02-20-00-00_2026-01-02-20-01-00');
});

it('calls what is made of a file by its name, or else by its stream and when that was, the part in front', () => {
  const recording = file('1', { Name: 'show_2026-01-02-20-00-00_2026-01-02-20-01-00' });
  expect(nameFrom(recording, '0:16–0:39')).toMatch(/^show 0:16–0:39, 2026-01-0\d \d\d:\d\d:00$/);
  expect(nameFrom(recording)).toMatch(/^show 2026-01-0\d \d\d:\d\d:00$/);
  expect(nameFrom(file('2', { Name: 'x'.repeat(99) }), '1:00:00–2:00:00')).toBe(`${'x'.repeat(40)} 1:00:00–2:00:00`);
  expect(nameFrom(file('2', { Name: '😀'.repeat(99) }))).toBe('😀'.repeat(64));
});

it('keeps the formats of one recording in one order, whichever was done first', () => {
  expect(ids(steady([at('4', '20:02:00', 'hls'), at('3', '20:02:00', 'mp4'), at('2', '20:00:00', 'mp4'), at('1', '20:00:00', 'hls')]))).toEqual(['3', '4', '2', '1']);
  const other = (id: string, type: string) => {
    const f = at(id, '20:00:00', type);
    return { ...f, BasicInfo: { ...f.BasicInfo, SourceInfo: { ...f.BasicInfo.SourceInfo, LiveRecordInfo: { ...f.BasicInfo.SourceInfo.LiveRecordInfo!, StreamId: 'other' } } } };
  };
  expect(ids(steady([at('1', '20:00:00', 'hls'), other('2', 'mp4'), at('3', '20:00:00', 'mp4'), other('4', 'hls')]))).toEqual(['3', '1', '2', '4']);
});

it('knows the pieces of a show by how soon they follow', () => {
  const found = [at('1', '18:00:00', 'mp4'), at('2', '20:00:00', 'mp4'), at('3', '20:05:00', 'mp4'), at('4', '20:20:00', 'mp4'), at('5', '20:40:00', 'mp4')];
  expect(ids(showOf(found[2]!, found))).toEqual(['2', '3', '4']);
  expect(ids(showOf(found[0]!, found))).toEqual(['1']);
  expect(ids(showOf(at('9', '20:01:00', 'mp4'), found))).toEqual(['2', '9', '3', '4']);
});

it('adds pieces where they are missing, once', () => {
  const joined = [at('3', '20:02:00', 'mp4'), at('1', '20:00:00', 'mp4')];
  expect(ids(withPieces([joined[1]!, joined[0]!], [at('2', '20:01:00', 'mp4'), joined[1]!], '2026-01-02T20:02:00.000Z'))).toEqual(['1', '2', '3']);
  expect(ids(withPieces(joined, [at('2', '20:01:00', 'mp4')], '2026-01-02T20:09:00.000Z'))).toEqual(['1', '2', '3']);
});

it('leads to the splice of a stream and a time', () => {
  const [, query] = spliceLink({ domain: 'd', app: 'a/b', stream: 'show', from: '2026-01-02T20:00:00Z', to: '' }).split('?');
  expect(spliceSpan(new URLSearchParams(query))).toEqual({ from: '2026-01-02T20:00:00Z', to: '' });
  expect(new URLSearchParams(query).get('path')).toBe('a/b');
  expect([spliceSpan(new URLSearchParams('splice=x,y')), spliceSpan(new URLSearchParams('stream=show'))]).toEqual([undefined, undefined]);
});
