import { useMemo, useRef } from 'react';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { call, type ApiError } from '../api/client';
import { inApp, type AppInfo } from './lookups';
import type { Thumbnail } from './timeline';
import { thumbnails } from './timeline';
import { local, type MediaInfo } from './types';
import type { Source } from './usePlayer';

/** A file, and the application it was found in. */
export interface OneFile {
  info: MediaInfo;
  app: number;
}

async function look(fileId: string, app: number, signal: AbortSignal): Promise<MediaInfo | undefined> {
  const found = await call<{ MediaInfoSet: MediaInfo[] }>('vod', 'DescribeMediaInfos', { ...inApp(app), FileIds: [fileId] }, signal);
  return found.MediaInfoSet[0];
}

/** One file. Links from elsewhere do not say which application it is in: the others are looked through as well. */
export function useFile(fileId: string, app: number): UseQueryResult<OneFile | null, ApiError> {
  return useQuery<OneFile | null, ApiError>({
    queryKey: ['media', 'file', fileId, app],
    queryFn: async ({ signal }) => {
      const info = await look(fileId, app, signal);
      if (info) return { info, app };
      const { SubAppIdInfoSet: apps } = await call<{ SubAppIdInfoSet: AppInfo[] }>('vod', 'DescribeSubAppIds', {}, signal);
      for (const other of apps) {
        if (other.SubAppId === app) continue;
        const there = await look(fileId, other.SubAppId, signal).catch(() => undefined);
        if (there) return { info: there, app: other.SubAppId };
      }
      return null;
    },
  });
}

const nativeTypes = ['mp4', 'm4a', 'mp3'];

/**
 * Where the file is played. Signed addresses are others in each answer: the first one is kept, or else the player would begin anew whenever
 * something of the file changes. Another turn takes the newest: signing may have been switched on, and signatures end.
 */
export function useSource({ FileId, BasicInfo: basic }: MediaInfo, turn: number): Source {
  const kept = useRef({ of: '', address: '' });
  const growing = basic.Status === 'Recording';
  const of = `${FileId} ${basic.Status} ${basic.Type} ${turn}`;
  if (kept.current.of !== of) kept.current = { of, address: local(basic.MediaUrl) };
  const { address } = kept.current;
  return useMemo(() => ({ address, growing, native: !growing && nativeTypes.includes(basic.Type), turn }), [address, growing, basic.Type, turn]);
}

/** The small pictures of the finest sprite that the file has. */
export function useThumbnails(info: MediaInfo): Thumbnail[] {
  const best = [...(info.ImageSpriteInfo?.ImageSpriteSet ?? [])].sort((a, b) => b.TotalCount - a.TotalCount)[0];
  const path = local(best?.WebVttUrl ?? '');
  const { data } = useQuery<Thumbnail[]>({
    // What is signed may change; what was made does not.
    queryKey: ['thumbnails', info.FileId, path.split('?')[0]],
    queryFn: async ({ signal }) => {
      const answer = await fetch(path, { signal });
      return answer.ok ? thumbnails(await answer.text(), new URL(path, location.origin).href) : [];
    },
    enabled: path !== '',
    staleTime: Infinity,
  });
  return data ?? [];
}
