// Times and places on the timeline. All times are in ms since 1970.
import type { LiveStream } from '../api/live';
import type { RuleKey, Task } from './types';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

export interface View {
  from: number;
  to: number;
}

/** The spans that can be chosen, and how far one can zoom. */
export const spans = { h: hour, h6: 6 * hour, d: day, w: 7 * day, m: 30 * day } as const;
const shortest = 5 * minute;
const longest = 31 * day;

/** A view of a span in which the present is at two fifths, so that there is more of the future. */
export function around(now: number, span: number): View {
  const from = Math.round(now - span * 0.4);
  return { from, to: from + span };
}

/** The view moved by a part of its span. */
export function moved(view: View, part: number): View {
  const by = Math.round((view.to - view.from) * part);
  return { from: view.from + by, to: view.to + by };
}

/** The view with another span; what is at a part of its width stays there. */
export function zoomed(view: View, factor: number, part = 0.5): View {
  const span = Math.round(Math.min(longest, Math.max(shortest, (view.to - view.from) * factor)));
  const at = view.from + (view.to - view.from) * part;
  const from = Math.round(at - span * part);
  return { from, to: from + span };
}

/** Another view in which a window can be seen, if it is none or a sliver in this one. */
export function seeing(view: View, { from, to }: View, now: number): View | undefined {
  const span = view.to - view.from;
  if (from >= view.from && to <= view.to && to - from >= span / 25) return undefined;
  const wanted = Math.min(longest, Math.max(shortest, (to - from) * 4));
  const present = around(now, wanted);
  if (from >= present.from && to <= present.to) return present;
  const middle = (from + to) / 2;
  return { from: Math.round(middle - wanted / 2), to: Math.round(middle + wanted / 2) };
}

/** The place of a moment in a view, in percent of its width. */
export function place(view: View, at: number): number {
  return ((at - view.from) / (view.to - view.from)) * 100;
}

const steps = [minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day];

/** The marks of the scale, at most so many, at round local times, and whether they are of whole days. */
export function marks(view: View, most: number): { at: number[]; days: boolean } {
  const step = steps.find((s) => (view.to - view.from) / s <= most) ?? 7 * day;
  const start = new Date(view.from);
  start.setHours(0, 0, 0, 0);
  const at: number[] = [];
  if (step >= day) {
    // Days are not of the same length where clocks are set.
    for (; start.getTime() <= view.to; start.setDate(start.getDate() + step / day)) if (start.getTime() >= view.from) at.push(start.getTime());
    return { at, days: true };
  }
  for (let t = start.getTime(); t <= view.to; t += step) if (t >= view.from) at.push(t);
  return { at, days: false };
}

/** To what moments snap that are pointed at: half a minute and up, with the span. */
export function snap(view: View, at: number): number {
  const grain = [second * 30, minute, 5 * minute, 15 * minute, hour].find((g) => (view.to - view.from) / g <= 300) ?? hour;
  return Math.round(at / grain) * grain;
}

/** When a task was really recording: from each such state to the next one. What had passed when it was made came out of what was held. */
export function recorded(task: Task, now: number): View[] {
  const start = task.StartTime * second;
  return task.HistorySet.flatMap((step, i) => {
    if (step.State !== 'recording') return [];
    const first = task.HistorySet.findIndex((s) => s.State === 'recording') === i;
    const from = first && start < task.CreateTime * second ? start : step.Time * second;
    const next = task.HistorySet[i + 1];
    const to = next ? next.Time * second : now;
    return [{ from, to: Math.min(Math.max(from, to), task.EndTime * second) }];
  });
}

/** A row: a stream, with its tasks in lanes so that none covers another. */
export interface StreamRow {
  key: RuleKey;
  id: string;
  live: LiveStream | undefined;
  lanes: Task[][];
}

/** When a task ends, or ended by being stopped; in ms. */
export function endOf(task: Task): number {
  const end = task.Stopped ? Math.min(task.Stopped, task.EndTime) : task.EndTime;
  return Math.max(end, task.StartTime) * second;
}

/** The rows of tasks and live streams: those that are live first, then by name. What is shorter than least is drawn as long as that. */
export function rows(tasks: readonly Task[], streams: readonly LiveStream[], least = 0): StreamRow[] {
  const drawn = (task: Task) => Math.max(endOf(task), task.StartTime * second + least);
  const out = new Map<string, StreamRow>();
  const rowOf = (k: RuleKey): StreamRow => {
    const id = JSON.stringify([k.DomainName, k.AppName, k.StreamName]);
    const row = out.get(id) ?? { key: { DomainName: k.DomainName, AppName: k.AppName, StreamName: k.StreamName }, id, live: undefined, lanes: [] };
    out.set(id, row);
    return row;
  };
  for (const live of streams) rowOf(live).live = live;
  for (const task of [...tasks].sort((a, b) => a.StartTime - b.StartTime)) {
    const { lanes } = rowOf(task);
    const lane = lanes.find((l) => l.every((other) => drawn(other) <= task.StartTime * second));
    if (lane) lane.push(task);
    else lanes.push([task]);
  }
  const name = (r: StreamRow) => `${r.live ? 0 : 1}\0${r.key.DomainName}\0${r.key.AppName}\0${r.key.StreamName}`;
  return [...out.values()].sort((a, b) => (name(a) < name(b) ? -1 : 1));
}

/** What is wrong with a window, as the server sees it; start undefined is now. All in ms. */
export function windowMistake(start: number, end: number, now: number): 'order' | 'long' | 'far' | undefined {
  if (end <= start) return 'order';
  if (end - start > day) return 'long';
  return start > now + 6 * day || end > now + 7 * day ? 'far' : undefined;
}

/** What is asked of the server for a view, in Unix seconds: somewhat more, so that it need not be asked for each movement. */
export function fetched(view: View): View {
  const grain = Math.min(day, (view.to - view.from) / 2);
  return { from: Math.floor((Math.floor(view.from / grain) * grain) / second), to: Math.ceil((Math.ceil(view.to / grain) * grain) / second) };
}
