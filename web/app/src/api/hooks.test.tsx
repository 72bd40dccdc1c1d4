import { afterEach, expect, it, vi } from 'vitest';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useAction, useTrouble } from './hooks';

function Page() {
  const { data, error } = useAction<{ N: number }>('streams', 'live', 'A');
  return error ? <p>nothing: {error.message}</p> : <p>{data ? `shown: ${data.N}` : 'loading'}</p>;
}

function Frame() {
  const { error, retry } = useTrouble();
  return error ? <button type="button" onClick={retry}>{error.message}</button> : null;
}

afterEach(() => vi.unstubAllGlobals());

it('keeps what is shown when it cannot be had anew, and says so', async () => {
  let n = 1;
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify({ Response: n ? { N: n } : { Error: { Code: 'InternalError', Message: 'broken' } } }))));
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const { unmount } = render(<QueryClientProvider client={queries}><Frame /><Page /></QueryClientProvider>);
  await screen.findByText('shown: 1');
  n = 0;
  await queries.invalidateQueries({ queryKey: ['streams'] });
  await screen.findByRole('button', { name: 'broken' });
  expect(screen.getByText('shown: 1')).toBeTruthy();
  n = 2;
  await userEvent.click(screen.getByRole('button', { name: 'broken' }));
  await screen.findByText('shown: 2');
  await waitFor(() => expect(screen.queryByRole('button')).toBeNull());
  unmount();
  // What was never there is an error of the page.
  n = 0;
  render(<QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}><Frame /><Page /></QueryClientProvider>);
  await screen.findByText('nothing: broken');
  expect(screen.queryByRole('button')).toBeNull();
});
