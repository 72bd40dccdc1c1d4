import { useMemo, useState } from 'react';
import { useQueries } from '@tanstack/react-query';
import { call } from '../api/client';
import { usePushDomains } from '../api/domains';
import { useAction } from '../api/hooks';
import { useLive } from '../api/live';
import { over, type Rule, type Task, type Template } from './types';

/** All templates; those for delayed live have a list of their own. */
export function useTemplates() {
  const normal = useAction<{ Templates: Template[] }>('recording', 'live', 'DescribeLiveRecordTemplates');
  const delayed = useAction<{ Templates: Template[] }>('recording', 'live', 'DescribeLiveRecordTemplates', { IsDelayLive: 1 });
  const templates = useMemo(
    () => (normal.data ? [...normal.data.Templates, ...(delayed.data?.Templates ?? [])].sort((a, b) => a.TemplateId - b.TemplateId) : undefined),
    [normal.data, delayed.data],
  );
  return { templates, error: normal.error ?? delayed.error, refetch: () => void Promise.all([normal.refetch(), delayed.refetch()]) };
}

export function useRules() {
  return useAction<{ Rules: Rule[] }>('recording', 'live', 'DescribeLiveRecordRules');
}

/** How many tasks are shown at once. */
export const mostTasks = 500;

/** The tasks that touch a span, in Unix seconds. */
export function useTasks(from: number, to: number) {
  return useAction<{ TaskList: Task[]; ScrollToken: string }>('recording', 'live', 'DescribeLiveRecordTasks', { StartTime: from, EndTime: to, Limit: mostTasks }, { keep: true });
}

/** Push domains, the built-in one too. */
export function useDomains(): string[] {
  const known = usePushDomains();
  const { streams } = useLive();
  return useMemo(() => [...new Set([...(known?.names ?? []), ...streams.map((s) => s.DomainName)])].sort(), [known, streams]);
}

/** The push domain, if there is only one. */
export function useOnlyDomain(): string {
  const domains = useDomains();
  return domains.length === 1 ? (domains[0] ?? '') : '';
}

export interface FileInfo {
  FileId: string;
  BasicInfo: { Name: string; Type: string; Status: string };
}

/** How many files are looked up at once: as many as the action allows. */
export const mostFiles = 20;

/** What files are called, as far as it is known: null for those that are not in the catalogue any more. */
export function useFileNames(ids: readonly string[]): ReadonlyMap<string, FileInfo | null> {
  const parts = Array.from({ length: Math.ceil(ids.length / mostFiles) }, (_, i) => ids.slice(i * mostFiles, (i + 1) * mostFiles));
  return useQueries({
    queries: parts.map((FileIds) => {
      const params = { FileIds, Filters: ['basicInfo'] };
      return {
        queryKey: ['media', 'vod', 'DescribeMediaInfos', params],
        queryFn: ({ signal }: { signal: AbortSignal }) => call<{ MediaInfoSet: FileInfo[]; NotExistFileIdSet: string[] }>('vod', 'DescribeMediaInfos', params, signal),
      };
    }),
    combine: (answers) => new Map<string, FileInfo | null>(answers.flatMap(({ data }) => [...(data?.MediaInfoSet ?? []).map((m) => [m.FileId, m] as const), ...(data?.NotExistFileIdSet ?? []).map((id) => [id, null] as const)])),
  });
}

/** The files that are being written at the moment, by task: a task is not known to have made them until they are finished. */
export function useAllUnderWay(): ReadonlyMap<string, string[]> {
  const { streams, waiting } = useLive();
  const out = new Map<string, string[]>();
  for (const r of [...streams.flatMap((s) => s.Recordings), ...waiting]) if (r.CauseKind === 'task' && r.FileID) out.set(r.Cause, [...(out.get(r.Cause) ?? []), r.FileID]);
  return out;
}

/** The files that a task is writing at the moment. */
export function useUnderWay(taskId: string): string[] {
  return useAllUnderWay().get(taskId) ?? [];
}

/** The tasks that are not over. */
export function useOpenTasks(): Task[] {
  const { at } = useLive();
  const [opened] = useState(() => Date.now());
  // To the hour, so that it is not asked for each moment. None may end later than in 7 days.
  const hour = Math.floor((at ?? opened) / 3_600_000) * 3600;
  const { data } = useAction<{ TaskList: Task[] }>('recording', 'live', 'DescribeLiveRecordTasks', { StartTime: hour, EndTime: hour + 8 * 86_400, Limit: 1000 }, { keep: true });
  return useMemo(() => (data?.TaskList ?? []).filter((task) => !over(task.State)), [data]);
}
