import { useState } from 'react';
import { usePushDomains } from '../api/domains';
import { ownHost } from '../lib/host';

const key = (domain: string) => `aircheck.host:${domain}`;

/**
 * The host by which publishers and players are to reach this server, for a push domain: what was chosen in this browser before, or for the built-in domain
 * the way by which this browser came. Empty: the server chooses.
 */
export function useHost(domain: string): [string, (host: string) => void] {
  const [chosen, setChosen] = useState<Record<string, string>>({});
  const builtIn = usePushDomains()?.builtIn;
  const usual = domain === builtIn ? ownHost() : '';
  const choose = (host: string) => {
    setChosen({ ...chosen, [domain]: host });
    if (host.trim() && host.trim() !== usual) localStorage.setItem(key(domain), host.trim());
    else localStorage.removeItem(key(domain));
  };
  return [chosen[domain] ?? localStorage.getItem(key(domain)) ?? usual, choose];
}
