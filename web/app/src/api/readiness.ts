import { useQuery } from '@tanstack/react-query';

/** What /readyz answers. */
export interface Readiness {
  ready: boolean;
  failed: string[] | null;
  problems: string[] | null;
  warnings: string[] | null;
  rtmp_port: number;
  rtsp_port?: number;
  /** In bytes. */
  storage: { state: string; free: number; total: number; used?: number; floor: number; warn: number; quota?: number; when_full: string };
  /** The other storage folders. */
  folders?: { name: string; problem?: string; free: number; total: number }[];
  rewind?: string;
  version: string;
}

/** Whether the server is well, asked every quarter of a minute. */
export function useReadiness() {
  return useQuery<Readiness>({
    queryKey: ['readiness'],
    queryFn: async ({ signal }) => (await (await fetch('/readyz', { signal, cache: 'no-store' })).json()) as Readiness,
    refetchInterval: 15_000,
  });
}

/** Whether there is so little room on a disk that the server warns of it. */
export function scarce({ free, total }: { free: number; total: number }, { storage }: Readiness): boolean {
  return total > 0 && free < storage.warn;
}
