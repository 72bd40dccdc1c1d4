import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ask, type ApiError } from '../api/client';

/** Somebody who is logged in. Times are in ms since 1970. */
export interface ConsoleSession {
  ID: string;
  Begin: number;
  Seen: number;
  Remote: string;
  Agent: string;
  Current: boolean;
}

export interface Sessions {
  Sessions: ConsoleSession[];
  /** The password is in the configuration. */
  Fixed: boolean;
}

/** Who is logged in to the console; asked again when somebody comes or goes. */
export const useSessions = () => useQuery<Sessions, ApiError>({ queryKey: ['sessions'], queryFn: ({ signal }) => ask<Sessions>('GET', 'sessions', undefined, signal) });

/** Ends a session, or all others if the ID is empty. */
export function useEndSession() {
  const queries = useQueryClient();
  return useMutation<Sessions, ApiError, string>({
    mutationFn: (id) => ask<Sessions>('DELETE', id ? `sessions?id=${encodeURIComponent(id)}` : 'sessions'),
    onSettled: () => queries.invalidateQueries({ queryKey: ['sessions'] }),
  });
}
