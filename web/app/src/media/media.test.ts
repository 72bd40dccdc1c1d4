import { describe, expect, it } from 'vitest';
import { cleared, narrowed, read, search, write } from './filters';
import { at, file } from './fixture';
import { keyAction } from './keys';
import { tree } from './lookups';
import { inOrder, moved, streamSpan, twice } from './splice';
import { lengthOf } from './SplicePieces';
import { asTags } from './TagInput';
import { clockAt, missing, parseStamp, stamp, thumbnailAt, thumbnails } from './timeline';
import { hlsView, local } from './types';

const ids = (files: { FileId: string }[]) => files.map((f) => f.FileId);

describe('filters', () => {
  it('are the same after they were an address', () => {
    const query = 'q=%E4%BC%9A&class=3&tag=a%2Cb&tag=%23&type=mp4%2Chls&source=Record&status=Recording&storage=STANDARD_IA&domain=d&path=a%2Fb&stream=%3Cb%3E&from=2026-01-02T00%3A00%3A00.000Z&app=15&sort=oldest&page=2&size=48&view=list';
    expect(write(read(new URLSearchParams(query))).toString()).toBe(query);
    expect(narrowed(read(new URLSearchParams(query)))).toBe(10);
    expect(write(cleared(read(new URLSearchParams(query)))).toString()).toBe('app=15&sort=oldest&size=48&view=list');
  });
  it('pass over what people mistyped', () => {
    const f = read(new URLSearchParams('class=x&page=-1&size=7&app=1e9'));
    expect([f.classId, f.page, f.size, f.app]).toEqual([undefined, 1, 24, 0]);
    expect(search(f)).toEqual({ Sort: { Field: 'CreateTime', Order: 'Desc' }, Offset: 0, Limit: 24, Filters: ['basicInfo', 'metaData'] });
  });
  it('never ask beyond what SearchMedia reaches', () => {
    expect(search(read(new URLSearchParams('page=99999&size=96')))).toMatchObject({ Offset: 4896, Limit: 96 });
  });
  it('become parameters', () => {
    expect(search(read(new URLSearchParams('q=+x+&class=0&tag=t&stream=s&from=A&to=B')))).toMatchObject({ Text: 'x', ClassIds: [0], Tags: ['t'], StreamIds: ['s'], CreateTime: { After: 'A', Before: 'B' } });
  });
});

describe('times', () => {
  it('are written and read', () => {
    expect([stamp(0), stamp(61.99), stamp(3723.45, 1), stamp(59.96, 1), stamp(9.999, 3)]).toEqual(['0:00', '1:01', '1:02:03.4', '0:59.9', '0:09.999']);
    expect(['1:02:03.5', '90', '0:09.5', ' 2:00 '].map(parseStamp)).toEqual([3723.5, 90, 9.5, 120]);
    expect(['', 'x', '1:2:3:4', '-1', '1.5:00'].map(parseStamp)).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });
  it('by the clock count what is missing before them', () => {
    const gaps = [{ At: 10, Length: 5, Units: 0, Bytes: 0, Reason: '' }, { At: 20, Length: 100, Units: 0, Bytes: 0, Reason: '' }];
    expect([clockAt(1000, gaps, 5), clockAt(1000, gaps, 10), clockAt(1000, gaps, 25)]).toEqual([6000, 16000, 131000]);
    expect(missing(gaps)).toBe(105);
  });
});

describe('thumbnails', () => {
  const vtt = 'WEBVTT\n\n00:00:00.000 --> 00:00:05.000\nsprite-0.jpg?t=1&sign=2#xywh=0,0,240,135\n\n2\n00:00:05.000 --> 00:00:09.500\nsprite-0.jpg?t=1&sign=2#xywh=240,0,240,135\n\n00:00:10.000 --> 00:00:12.000\nbroken\n';
  it('are found by their time, beside the WebVTT', () => {
    const all = thumbnails(vtt, 'http://h/vod/7/parts/sprite.vtt?t=1');
    expect(all).toHaveLength(2);
    expect(thumbnailAt(all, 7)).toEqual({ from: 5, to: 9.5, url: '/vod/7/parts/sprite-0.jpg?t=1&sign=2', x: 240, y: 0, w: 240, h: 135 });
    expect(thumbnailAt(all, 99)?.x).toBe(240);
    expect(thumbnailAt([], 1)).toBeUndefined();
  });
});

it('takes tags as they can be', () => {
  expect(asTags([' a ', 'a', '', '😀'.repeat(40)])).toEqual(['a', '😀'.repeat(32)]);
  expect(asTags(Array.from({ length: 20 }, (_, i) => String(i)))).toHaveLength(16);
});

describe('addresses', () => {
  it('are asked of the server that shows the page, with their signature', () => {
    expect(local('https://public.example/vod/7/a%2Fb.mp4?t=1&sign=2')).toBe('/vod/7/a%2Fb.mp4?t=1&sign=2');
    expect(hlsView('/vod/7/a.b.flv?t=1.5')).toBe('/vod/7/a.b.m3u8?t=1.5');
  });
});

describe('splicing', () => {
  it('takes each time once, in order', () => {
    const { joined, left } = inOrder([at('6', '20:05:00', 'mp4'), at('5', '20:05:00', 'hls'), at('1', '20:00:00', 'hls'), at('2', '20:00:00', 'mp4'), at('3', '20:02:00', 'flv')]);
    expect([ids(joined), ids(left)]).toEqual([['2', '3', '6'], ['1', '5']]);
  });
  it('keeps pictures rather than sound alone, and files that only touch', () => {
    const sound = file('9', { Type: 'aac' }, { VideoStreamSet: [] });
    expect(ids(inOrder([sound, at('1', '20:00:00', 'flv'), at('2', '20:00:50', 'mp4')]).joined)).toEqual(['1', '2']);
  });
  it('knows how long the new file shows the same time twice', () => {
    const piece = (FileId: string, from: string, to: string) => ({ FileId, StartTime: `2026-01-02T${from}Z`, EndTime: `2026-01-02T${to}Z` });
    const other = file('4', { SourceInfo: { SourceType: 'Record', SourceContext: '', LiveRecordInfo: { Domain: 'd', Path: 'live', StreamId: 'other', RecordStartTime: '', RecordEndTime: '' } } });
    const files = [at('1', '20:00:00', 'mp4'), at('2', '20:00:50', 'mp4'), at('3', '20:02:00', 'mp4'), other];
    // The second begins before the first is over, and the other stream was on at the same time.
    expect(twice([piece('2', '20:00:50', '20:01:50'), piece('1', '20:00:00', '20:00:54.5'), piece('3', '20:01:50', '20:02:00'), piece('4', '20:00:00', '20:02:00')], files)).toBe(4.5);
    expect(twice([piece('1', '20:00:00', '20:00:50'), piece('2', '20:00:50', '20:01:50')], files)).toBe(0);
  });
  it('knows the stream of all files', () => {
    expect(streamSpan([at('1', '20:00:00', 'mp4'), at('2', '20:05:00', 'mp4', 30)])).toEqual({ domain: 'd', app: 'live', stream: 'show', from: '2026-01-02T19:59:59.000Z', to: '2026-01-02T20:05:32.000Z' });
    const other = file('3', { SourceInfo: { SourceType: 'VideoProcessing', SourceContext: '', LiveRecordInfo: null } });
    expect(streamSpan([at('1', '20:00:00', 'mp4'), other])).toBeUndefined();
  });
  it('counts what is in the new file: not the gaps inside of a piece, nor those between', () => {
    const stretch = (from: number, to: number) => ({ StartTime: `2026-01-02T20:00:${from}Z`, EndTime: `2026-01-02T20:00:${to}Z` });
    const gap = (from: number, to: number) => ({ ...stretch(from, to), Duration: to - from, Reason: '', OtherSet: [] });
    expect(lengthOf({ PieceSet: [{ FileId: '1', ...stretch(10, 30) }, { FileId: '2', ...stretch(40, 50) }], GapSet: [gap(15, 18), gap(28, 40)] })).toBe(25);
  });
  it('moves files', () => {
    expect([moved(['a', 'b', 'c'], 0, 2), moved(['a', 'b', 'c'], 2, 1)]).toEqual([['b', 'c', 'a'], ['a', 'c', 'b']]);
  });
});

describe('classes', () => {
  it('are a tree with Other at its end', () => {
    const classes = [{ ClassId: 1, ParentId: -1, ClassName: 'Sport' }, { ClassId: 2, ParentId: 1, ClassName: 'Tennis' }];
    expect(tree(classes, 'Other')).toEqual([{ value: 1, title: 'Sport', children: [{ value: 2, title: 'Tennis', children: [] }] }, { value: 0, title: 'Other', children: [] }]);
  });
});

describe('keys', () => {
  const press = (key: string, target: HTMLElement, more: KeyboardEventInit = {}) => {
    let action: ReturnType<typeof keyAction>;
    const listen = (event: KeyboardEvent) => (action = keyAction(event));
    document.body.append(target);
    window.addEventListener('keydown', listen);
    target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, ...more }));
    window.removeEventListener('keydown', listen);
    target.remove();
    return action;
  };
  it('play, wherever one is', () => {
    const page = document.createElement('div');
    expect([press(' ', page), press('J', page), press('ArrowRight', page)]).toEqual([{ kind: 'toggle' }, { kind: 'seek', by: -10 }, { kind: 'seek', by: 5 }]);
  });
  it('leave fields, buttons and the browser what is theirs', () => {
    const button = document.createElement('button');
    expect([press('j', document.createElement('input')), press(' ', button), press('f', button, { ctrlKey: true }), press('Home', button)]).toEqual([undefined, undefined, undefined, undefined]);
    expect(press('k', button)).toEqual({ kind: 'toggle' });
  });
});
