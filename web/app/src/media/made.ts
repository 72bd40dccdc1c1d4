import { useQueries } from '@tanstack/react-query';
import { call } from '../api/client';
import { inApp } from './lookups';
import type { Task } from './WorkDrawer';

interface Detail {
  ComposeMediaTask: { Output: { FileId?: string } | null } | null;
  LongTask: { Output: { FileId?: string } | null } | null;
}

/** Types of tasks that make a file of their own. */
export const makers = ['ComposeMedia', 'SimpleHlsClip', 'SpliceRecordings'];

/** Whether a task has come to an end with a file that it made. */
const hasMade = (task: Task) => makers.includes(task.TaskType) && task.Status === 'FINISH' && task.ErrCode === 0;

/** The file that a task made, by its detail: lists do not tell it. Empty if it made none. */
export async function madeBy(task: Task, app: number, signal?: AbortSignal): Promise<string> {
  if (!hasMade(task)) return '';
  const detail = await call<Detail>('vod', 'DescribeTaskDetail', { ...inApp(app), TaskId: task.TaskId }, signal);
  return detail.ComposeMediaTask?.Output?.FileId ?? detail.LongTask?.Output?.FileId ?? '';
}

/** The files that tasks made, by TaskId; asked once, since that never changes. */
export function useMade(tasks: Task[], app: number, enabled: boolean): ReadonlyMap<string, string> {
  const ended = tasks.filter(hasMade);
  return useQueries({
    queries: ended.map((task) => ({ queryKey: ['made', app, task.TaskId], queryFn: ({ signal }: { signal: AbortSignal }) => madeBy(task, app, signal), enabled, staleTime: Infinity })),
    combine: (found) => new Map(ended.map((task, i) => [task.TaskId, found[i]?.data ?? ''])),
  });
}
