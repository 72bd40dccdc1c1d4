import { keepPreviousData, useInfiniteQuery, type InfiniteData } from '@tanstack/react-query';
import { call, type ApiError } from '../api/client';
import { auditParamsOf, type AuditEvent, type AuditFilters } from './auditFilters';

interface Answer {
  Events: AuditEvent[];
  ListOver: boolean;
  NextToken: number;
  TotalCount: number;
}

// One function for ever: another one at each drawing would make what is shown anew at each.
const joined = ({ pages }: InfiniteData<Answer, number>) => ({ events: pages.flatMap((p) => p.Events), total: pages[0]?.TotalCount ?? 0 });

/** Entries of the audit log, page by page; asked for again when one is added. */
export function useAudit(filters: AuditFilters, now: number) {
  const params = auditParamsOf(filters, now);
  const query = useInfiniteQuery<Answer, ApiError, { events: AuditEvent[]; total: number }, unknown[], number>({
    queryKey: ['audit', 'DescribeEvents', params],
    queryFn: ({ pageParam, signal }) => call<Answer>('cloudaudit', 'DescribeEvents', pageParam ? { ...params, NextToken: pageParam } : params, signal),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.ListOver ? undefined : last.NextToken),
    select: joined,
    placeholderData: keepPreviousData,
  });
  return query;
}
