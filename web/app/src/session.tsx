import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { onLoggedOut, session as ask, type ApiError } from './api/client';
import { forgetLive } from './api/live';

interface Session {
  /** undefined until the server has been asked. */
  loggedIn: boolean | undefined;
  version: string;
  /** Whether somebody was logged in here until the server said that this is over. */
  ended: boolean;
  /** What kept the server from answering the first time: what is shown later stays, whatever happens. */
  error: ApiError | undefined;
  login: (password: string) => Promise<void>;
  logout: () => Promise<void>;
  /** Asks again who is logged in: it may be over. */
  recheck: () => void;
}

const Context = createContext<Session | undefined>(undefined);

/** How long until a server is asked again that did not answer, in ms. */
const again = 3000;

/** Knows who is logged in. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const [loggedIn, setLoggedIn] = useState<boolean>();
  const [version, setVersion] = useState('');
  const [error, setError] = useState<ApiError>();
  const [ended, setEnded] = useState(false);
  // Whether somebody is logged in here who did not want to leave.
  const inside = useRef(false);

  const queries = useQueryClient();
  const refresh = useCallback(() => {
    ask('GET').then(
      (state) => {
        setError(undefined);
        setVersion(state.Version);
        if (state.LoggedIn || inside.current) setEnded(!state.LoggedIn);
        inside.current = state.LoggedIn;
        setLoggedIn(state.LoggedIn);
      },
      (cause: ApiError) => setError(cause),
    );
  }, []);
  useEffect(() => {
    onLoggedOut(refresh);
    refresh();
  }, [refresh]);
  const waiting = loggedIn === undefined && error?.unreachable;
  useEffect(() => {
    if (!waiting) return;
    const timer = setInterval(refresh, again);
    return () => clearInterval(timer);
  }, [waiting, refresh]);
  useEffect(() => {
    if (loggedIn !== false) return;
    // The next one who logs in is not to see what was there before.
    queries.clear();
    forgetLive();
  }, [loggedIn, queries]);

  const value = useMemo<Session>(
    () => ({
      loggedIn,
      version,
      ended,
      error: loggedIn === undefined ? error : undefined,
      login: async (password) => {
        await ask('POST', password);
        inside.current = true;
        setEnded(false);
        setLoggedIn(true);
      },
      logout: async () => {
        inside.current = false;
        await ask('DELETE');
        setLoggedIn(false);
      },
      recheck: refresh,
    }),
    [loggedIn, version, ended, error, refresh],
  );
  return <Context value={value}>{children}</Context>;
}

/** The session; below SessionProvider only. */
export function useSession(): Session {
  const value = useContext(Context);
  if (!value) throw new Error('useSession outside of SessionProvider');
  return value;
}
