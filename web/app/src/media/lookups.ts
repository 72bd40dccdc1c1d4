import { useMemo } from 'react';
import { call } from '../api/client';
import { useAction } from '../api/hooks';
import type { Found, MediaInfo } from './types';

export interface ClassInfo {
  ClassId: number;
  ParentId: number;
  ClassName: string;
}

export interface ClassNode {
  value: number;
  title: string;
  children: ClassNode[];
}

/** Classes as a tree, with Other, which is 0; exported for tests. */
export function tree(classes: ClassInfo[], other: string): ClassNode[] {
  const below = (parent: number): ClassNode[] =>
    classes.filter((c) => c.ParentId === parent).map((c) => ({ value: c.ClassId, title: c.ClassName, children: below(c.ClassId) }));
  return [...below(-1), { value: 0, title: other, children: [] }];
}

/** The classes of an application. */
export function useClasses(app: number, other: string): ClassNode[] {
  const { data } = useAction<{ ClassInfoSet: ClassInfo[] }>('settings', 'vod', 'DescribeAllClass', app ? { SubAppId: app } : {});
  return useMemo(() => tree(data?.ClassInfoSet ?? [], other), [data, other]);
}

export interface AppInfo {
  SubAppId: number;
  SubAppIdName: string;
  Name: string;
  Status: string;
}

/** The applications; more than one only if somebody made some. */
export function useApps(): AppInfo[] {
  const { data } = useAction<{ SubAppIdInfoSet: AppInfo[] }>('settings', 'vod', 'DescribeSubAppIds');
  return data?.SubAppIdInfoSet ?? [];
}

export interface Domain {
  Domain: string;
  UrlSignatureAuthPolicy: { Status: string; Lifetime: number };
  RefererAuthPolicy: { Status: string };
}

/** Who may play the files of an application. */
export function useProtection(app: number): Domain | undefined {
  const { data } = useAction<{ DomainSet: Domain[] }>('settings', 'vod', 'DescribeVodDomains', app ? { SubAppId: app } : {});
  return data?.DomainSet[0];
}

/** How many files DescribeMediaInfos tells of at once. */
const atOnce = 20;

/** Files by their FileIds, in that order; those that are gone are left out. */
export async function filesOf(app: number, ids: string[], signal?: AbortSignal): Promise<MediaInfo[]> {
  const out: MediaInfo[] = [];
  for (let i = 0; i < ids.length; i += atOnce) {
    const some = ids.slice(i, i + atOnce);
    const { MediaInfoSet: found } = await call<Found>('vod', 'DescribeMediaInfos', { ...inApp(app), FileIds: some, Filters: ['basicInfo', 'metaData'] }, signal);
    out.push(...some.flatMap((id) => found.find((f) => f.FileId === id) ?? []));
  }
  return out;
}

/** The field that names an application, for parameters. */
export const inApp = (app: number): { SubAppId?: number } => (app ? { SubAppId: app } : {});
