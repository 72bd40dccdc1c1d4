import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { App } from './App';
import { ApiError } from './api/client';
import { startTranslation } from './i18n';
import { SessionProvider } from './session';
import { Theme } from './theme';
import './base.css';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // What the API refused it refuses again. One that is away comes back, and the frame says that it is waited for.
      retry: (_, error) => error instanceof ApiError && error.unreachable,
      retryDelay: (count) => Math.min(1000 * 2 ** count, 10_000),
      // The server may be on this very machine, which has no network.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

void startTranslation().then(() => {
  createRoot(document.getElementById('root')!).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <Theme>
          <SessionProvider>
            <App />
          </SessionProvider>
        </Theme>
      </QueryClientProvider>
    </StrictMode>,
  );
});
