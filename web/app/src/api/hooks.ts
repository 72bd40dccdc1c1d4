import { useCallback, useSyncExternalStore } from 'react';
import { keepPreviousData, useMutation, useQuery, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import { call, type ApiError, type Product } from './client';

interface Options {
  enabled?: boolean;
  /** Keeps what was shown while the next is fetched, such as another page of a list. */
  keep?: boolean;
}

/** What an action answered. */
export interface Asked<R> {
  data: R | undefined;
  /** Why there is no answer. One that is there stays when it cannot be had anew, with whatever is being typed beside it: see useTrouble. */
  error: ApiError | null;
  refetch: () => Promise<unknown>;
  /** Whether what is shown is that of before: see keep. */
  isPlaceholderData: boolean;
}

/** Asks an action and asks again whenever something of its topic changed: see live.ts. */
export function useAction<R>(
  topic: string,
  product: Product,
  action: string,
  params: object = {},
  { enabled = true, keep = false }: Options = {},
): Asked<R> {
  const { data, error, refetch, isPlaceholderData } = useQuery<R, ApiError>({
    queryKey: [topic, product, action, params],
    queryFn: ({ signal }) => call<R>(product, action, params, signal),
    enabled,
    placeholderData: keep ? keepPreviousData : undefined,
  });
  return { data, error: data === undefined ? error : null, refetch, isPlaceholderData };
}

/** Why something that is shown could not be had anew, and how to try that again. */
export function useTrouble(): { error: ApiError | undefined; retry: () => void } {
  const queries = useQueryClient();
  const cache = queries.getQueryCache();
  const error = useSyncExternalStore(
    useCallback((changed: () => void) => cache.subscribe(changed), [cache]),
    () => cache.getAll().find((query) => query.state.status === 'error' && query.state.data !== undefined && query.isActive())?.state.error as ApiError | undefined,
  );
  return { error, retry: () => void queries.refetchQueries({ type: 'active', predicate: ({ state }) => state.status === 'error' }) };
}

/** Does an action, after which what is shown of the topics is asked for again. */
export function useChange<P extends object, R = unknown>(
  product: Product,
  action: string,
  topics: string[],
): UseMutationResult<R, ApiError, P> {
  const queries = useQueryClient();
  return useMutation<R, ApiError, P>({
    mutationFn: (params) => call<R>(product, action, params),
    onSuccess: () => Promise.all(topics.map((topic) => queries.invalidateQueries({ queryKey: [topic] }))),
  });
}
