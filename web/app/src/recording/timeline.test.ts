import { describe, expect, it } from 'vitest';
import type { LiveStream } from '../api/live';
import { taskWindow, type When } from './taskWindow';
import { around, endOf, fetched, marks, moved, place, recorded, rows, seeing, snap, spans, windowMistake, zoomed } from './timeline';
import type { Task } from './types';

const hour = 3_600_000;
const now = Date.UTC(2026, 5, 1, 12);
const task = (id: string, from: number, to: number, more: Partial<Task> = {}): Task => ({
  TaskId: id, Action: 'CreateRecordTask', DomainName: 'd', AppName: 'live', StreamName: 's', StartTime: now / 1000 + from, EndTime: now / 1000 + to, CreateTime: now / 1000 - 99_999,
  TemplateId: 0, Format: 'flv', Extension: '', Stopped: 0, State: 'waiting', Reason: '', HistorySet: [], FileIds: [], ...more,
});
const step = (State: Task['State'], at: number) => ({ State, Time: now / 1000 + at, Reason: '' });

describe('the view', () => {
  it('has the present at two fifths', () => {
    expect(place(around(now, spans.d), now)).toBeCloseTo(40);
  });
  it('keeps what is pointed at where it is', () => {
    const view = around(now, spans.d);
    const near = zoomed(view, 0.5, 0.4);
    expect(near.to - near.from).toBe(12 * hour);
    expect(place(near, now)).toBeCloseTo(40);
    expect(zoomed(view, 1e-9).to - zoomed(view, 1e-9).from).toBe(5 * 60_000);
    expect(zoomed(view, 1e9).to - zoomed(view, 1e9).from).toBe(31 * 24 * hour);
    expect(moved(view, 0.5).from - view.from).toBe(12 * hour);
  });
  it('shows a task that was made', () => {
    const view = around(now, spans.h6);
    expect(seeing(view, { from: now, to: now + hour }, now)).toBeUndefined();
    // 40 s of six hours are nothing that one sees.
    expect(seeing(view, { from: now, to: now + 40_000 }, now)).toEqual(around(now, 5 * 60_000));
    const far = seeing(view, { from: now + 48 * hour, to: now + 49 * hour }, now)!;
    expect([place(far, now + 48 * hour), place(far, now + 49 * hour)]).toEqual([37.5, 62.5]);
  });
  it('has few marks at round times', () => {
    for (const span of Object.values(spans)) {
      const view = around(now, span);
      const { at } = marks(view, 9);
      expect(at.length).toBeGreaterThan(2);
      expect(at.length).toBeLessThan(11);
      expect(at.every((t) => t >= view.from && t <= view.to && t % 60_000 === 0)).toBe(true);
    }
  });
  it('snaps more coarsely the longer it is', () => {
    expect(snap(around(now, hour), now + 14_000)).toBe(now);
    expect(snap(around(now, spans.w), now + 29 * 60_000)).toBe(now);
  });
  it('asks for what the server answers, and not again for each movement', () => {
    const longest = zoomed(around(now, spans.m), 1e9);
    expect(fetched(longest).to - fetched(longest).from).toBeLessThanOrEqual(33 * 24 * 3600);
    const view = around(now, spans.h);
    expect(fetched(moved(view, 0.001))).toEqual(fetched(view));
    expect(fetched(view).from * 1000).toBeLessThanOrEqual(view.from);
    expect(fetched(view).to * 1000).toBeGreaterThanOrEqual(view.to);
  });
});

describe('tasks', () => {
  it('were recording between their states', () => {
    const broken = task('a', 0, 600, { State: 'recording', HistorySet: [step('waiting', -10), step('recording', 5), step('interrupted', 60), step('recording', 90)] });
    expect(recorded(broken, now + 120_000)).toEqual([{ from: now + 5000, to: now + 60_000 }, { from: now + 90_000, to: now + 120_000 }]);
  });
  it('have what was held when they were made', () => {
    const clip = task('a', -300, 0, { CreateTime: now / 1000, State: 'done', HistorySet: [step('waiting', 0), step('recording', 0.1), step('done', 0.5)] });
    expect(recorded(clip, now + 5000)).toEqual([{ from: now - 300_000, to: now }]);
  });
  it('end where they were stopped', () => {
    expect(endOf(task('a', 0, 600, { Stopped: now / 1000 + 10 }))).toBe(now + 10_000);
    expect(endOf(task('a', 60, 600, { Stopped: now / 1000 + 10 }))).toBe(now + 60_000);
  });
  it('are in rows by stream, those that are live first, without covering each other', () => {
    const out = rows([task('b', 100, 200), task('a', 0, 150), task('c', 150, 160), task('x', 0, 1, { StreamName: 'a' })], [{ DomainName: 'd', AppName: 'live', StreamName: 'z' } as LiveStream]);
    expect(out.map((r) => r.key.StreamName)).toEqual(['z', 'a', 's']);
    expect(out[2]?.lanes.map((l) => l.map((t) => t.TaskId))).toEqual([['a', 'c'], ['b']]);
    expect(rows([task('a', 0, 1), task('b', 2, 3)], [], 10_000)[0]?.lanes).toHaveLength(2);
  });
});

describe('a new task', () => {
  const when: When = { mode: 'now', length: 600, back: 300, goOn: 0, start: now + hour, end: now + 2 * hour };
  it('begins with the call, in the past, or when it is told to', () => {
    expect(taskWindow(when, now)).toMatchObject({ StartTime: undefined, EndTime: now / 1000 + 600, mistake: undefined });
    expect(taskWindow({ ...when, mode: 'past' }, now)).toMatchObject({ StartTime: now / 1000 - 300, EndTime: now / 1000, mistake: undefined });
    expect(taskWindow({ ...when, mode: 'past', goOn: 60 }, now)).toMatchObject({ EndTime: now / 1000 + 60 });
    expect(taskWindow({ ...when, mode: 'window' }, now)).toMatchObject({ StartTime: now / 1000 + 3600, EndTime: now / 1000 + 7200 });
  });
  it('is refused as the server would', () => {
    expect(taskWindow({ ...when, length: 0 }, now).mistake).toBe('zero');
    expect(windowMistake(now + hour, now + hour, now)).toBe('order');
    expect(windowMistake(now, now + 24 * hour + 1, now)).toBe('long');
    expect(windowMistake(now + 6 * 24 * hour + 1, now + 6 * 24 * hour + hour, now)).toBe('far');
    expect(windowMistake(now + 6 * 24 * hour, now + 7 * 24 * hour, now)).toBeUndefined();
  });
});
