// When a new task records.
import { windowMistake } from './timeline';

export type Mode = 'now' | 'past' | 'window';

/** What was typed, for all modes: lengths in seconds, moments in ms since 1970. */
export interface When {
  mode: Mode;
  length: number;
  back: number;
  goOn: number;
  start: number;
  end: number;
}

export interface TaskWindow {
  /** In ms since 1970. */
  start: number;
  end: number;
  /** What CreateRecordTask takes, in Unix seconds; without StartTime it begins with the call. */
  StartTime: number | undefined;
  EndTime: number;
  mistake: 'order' | 'long' | 'far' | 'zero' | undefined;
}

/** The window that was typed, and what the server would have against it. */
export function taskWindow(when: When, now: number): TaskWindow {
  const start = when.mode === 'now' ? now : when.mode === 'past' ? now - when.back * 1000 : when.start;
  const end = when.mode === 'now' ? now + when.length * 1000 : when.mode === 'past' ? now + when.goOn * 1000 : when.end;
  const nothing = (when.mode === 'now' && when.length <= 0) || (when.mode === 'past' && when.back <= 0);
  return {
    start,
    end,
    StartTime: when.mode === 'now' ? undefined : Math.floor(start / 1000),
    EndTime: Math.ceil(end / 1000),
    mistake: nothing ? 'zero' : windowMistake(start, end, now),
  };
}
