import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { read, write, type Filters } from './filters';

/** What is looked for, kept in the address of the page. A change goes back to the first page unless it says which. */
export function useFilters(): [Filters, (change: Partial<Filters>) => void, (to: Filters) => void] {
  const [query, setQuery] = useSearchParams();
  const filters = useMemo(() => read(query), [query]);
  const set = useCallback((to: Filters) => setQuery(write(to), { replace: true }), [setQuery]);
  const change = useCallback((part: Partial<Filters>) => setQuery((now) => write({ ...read(now), page: 1, ...part }), { replace: true }), [setQuery]);
  return [filters, change, set];
}
