import { afterEach, expect, it, vi } from 'vitest';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { App } from 'antd';
import { startTranslation } from '../i18n';
import type { Try } from './api';
import { TryDrawer } from './TryDrawer';

afterEach(() => vi.unstubAllGlobals());

it('shows the new try of what is sent again', async () => {
  const failed: Try = {
    EventId: '912265553983307776', EventType: 100, EventTime: '2026-01-02T20:10:00Z', DomainName: 'localhost', AppName: 'live', StreamId: 'show', Url: 'https://a.example/',
    ResultCode: 503, Duration: 0.1, RequestHeader: [], Request: '{}', ResponseHeader: [], Response: 'no',
  };
  let last = failed;
  vi.stubGlobal('matchMedia', () => ({ matches: true, addListener: () => {}, removeListener: () => {}, addEventListener: () => {}, removeEventListener: () => {} }));
  vi.stubGlobal('fetch', (_: string, init: RequestInit) => {
    const action = (init.headers as Record<string, string>)['X-TC-Action'];
    const params = JSON.parse(String(init.body)) as Record<string, unknown>;
    const tries = params.StreamName === 'show' && params.EventId === failed.EventId ? [last] : [];
    return Promise.resolve(new Response(JSON.stringify({ Response: action === 'ReplayCallbacks' ? { EventCount: 1 } : { DataInfoList: tries, TotalNum: tries.length } })));
  });
  await startTranslation();
  const queries = new QueryClient();
  const user = userEvent.setup();
  render(<QueryClientProvider client={queries}><App><TryDrawer shown={failed} onClose={() => {}} onAll={() => {}} /></App></QueryClientProvider>);
  expect(await screen.findByText('HTTP 503')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Send again' }));
  expect(await screen.findByText(/still the try before/)).toBeTruthy();
  last = { ...failed, EventTime: '2026-01-02T20:11:00Z', ResultCode: 0, Response: 'thanks' };
  // As the server says over its events.
  await queries.invalidateQueries({ queryKey: ['callbacks'] });
  expect(await screen.findByText('Delivered · HTTP 200')).toBeTruthy();
  expect(screen.getByText('thanks')).toBeTruthy();
  expect(screen.queryByText('HTTP 503')).toBeNull();
}, 60_000);
