import { useMemo } from 'react';
import { useAction } from './hooks';

interface Domains {
  DomainList: { Name: string; BuiltIn?: boolean }[];
}

/** The push domains there are, 100 at most, and which of them is the built-in one; undefined until they are known. */
export function usePushDomains(): { names: string[]; builtIn: string } | undefined {
  const { data } = useAction<Domains>('settings', 'live', 'DescribeLiveDomains', { DomainType: 0, PageSize: 100 });
  return useMemo(() => {
    if (!data) return undefined;
    const names = data.DomainList.map((d) => d.Name);
    return { names, builtIn: data.DomainList.find((d) => d.BuiltIn)?.Name ?? names[0] ?? '' };
  }, [data]);
}
