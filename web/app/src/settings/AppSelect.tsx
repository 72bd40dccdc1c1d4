import { Select } from 'antd';
import { useSearchParams } from 'react-router';
import { useApps } from '../media/lookups';

/** The application that the address names; 0 is the primary one. */
export function useApp(): number {
  const [query] = useSearchParams();
  const app = Number(query.get('app') ?? 0);
  return Number.isSafeInteger(app) && app > 0 ? app : 0;
}

/** Chooses among the applications, where there are several. */
export function AppSelect({ label, primary }: { label: string; primary: string }) {
  const [, setQuery] = useSearchParams();
  const apps = useApps().filter((a) => a.Status !== 'Destroyed');
  const app = useApp();
  if (apps.length < 2) return null;
  return (
    <Select
      aria-label={label}
      value={app}
      onChange={(to) => setQuery(to ? { app: String(to) } : {})}
      style={{ width: 300, maxWidth: '100%' }}
      options={apps.map((a) => ({ value: a.SubAppId, label: a.SubAppId ? `${a.Name} (${a.SubAppId})` : primary }))}
    />
  );
}
