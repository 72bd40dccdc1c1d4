import { expect, it } from 'vitest';
import type { LiveStream } from '../api/live';
import { figuresOf, pieces, type Recorded } from './recordings';

const now = Date.parse('2026-11-22T12:00:00Z');
const file = (FileId: string, Type: string, began: string, Status = 'Normal'): Recorded => ({
  FileId, BasicInfo: { Name: FileId, Type, CreateTime: '2026-11-22T11:59:00Z', Status, SourceInfo: { LiveRecordInfo: { RecordStartTime: began } } }, MetaData: { Size: 1, Duration: 23 },
});

it('takes the figures of a file under way from what is heard, and of others from the catalogue', () => {
  const streams = [{ Recordings: [{ FileID: '1', Duration: 57_000, Bytes: 99 }] }] as LiveStream[];
  expect(figuresOf(file('1', 'mp4', ''), streams, [])).toEqual({ length: 57, size: 99 });
  expect(figuresOf(file('1', 'mp4', ''), [], streams[0]!.Recordings)).toEqual({ length: 57, size: 99 });
  expect(figuresOf(file('2', 'mp4', ''), streams, [])).toEqual({ length: 23, size: 1 });
  expect(figuresOf({ ...file('3', 'mp4', ''), MetaData: null }, streams, [])).toBeUndefined();
});

it('offers to join what the last day has several of', () => {
  const [early, late, old] = ['2026-11-22T09:00:00Z', '2026-11-22T11:00:00Z', '2026-11-20T09:00:00Z'] as const;
  expect(pieces([file('1', 'mp4', late), file('2', 'mp4', early)], now)).toBe(early);
  expect(pieces([file('1', 'mp4', late), file('2', 'hls', early)], now)).toBeUndefined();
  expect(pieces([file('1', 'mp4', late), file('2', 'mp4', old)], now)).toBeUndefined();
  expect(pieces([file('1', 'mp4', late, 'Recording'), file('2', 'mp4', early)], now)).toBeUndefined();
});
