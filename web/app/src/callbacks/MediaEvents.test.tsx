import { afterEach, expect, it, vi } from 'vitest';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { App } from 'antd';
import { MemoryRouter } from 'react-router';
import { startTranslation } from '../i18n';
import { MediaEvents } from './MediaEvents';

afterEach(() => vi.unstubAllGlobals());

it('keeps what is typed when somebody else changes what is set, and says so', { timeout: 60_000 }, async () => {
  vi.stubGlobal('matchMedia', () => ({ matches: true, addListener: () => {}, removeListener: () => {}, addEventListener: () => {}, removeEventListener: () => {} }));
  vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} });
  const config = {
    Mode: 'PUSH', NotificationUrl: 'https://a.example/', WaitingCount: 0,
    UploadMediaCompleteEventSwitch: 'ON', DeleteMediaCompleteEventSwitch: 'ON', PersistenceCompleteEventSwitch: 'ON',
  };
  const saved: object[] = [];
  vi.stubGlobal('fetch', (_: string, init: RequestInit) => {
    const action = (init.headers as Record<string, string>)['X-TC-Action'];
    if (action === 'ModifyEventConfig') saved.push(JSON.parse(init.body as string) as object);
    const answer = action === 'DescribeSubAppIds' ? { SubAppIdInfoSet: [] } : action === 'DescribeEventConfig' ? config : {};
    return Promise.resolve(new Response(JSON.stringify({ Response: answer })));
  });
  await startTranslation();
  const client = new QueryClient();
  render(<QueryClientProvider client={client}><App><MemoryRouter><MediaEvents /></MemoryRouter></App></QueryClientProvider>);
  const changeElsewhere = (address: string) => {
    config.NotificationUrl = address;
    return act(() => client.invalidateQueries());
  };
  const address = await screen.findByPlaceholderText<HTMLInputElement>('https://example.com/events');
  await changeElsewhere('https://b.example/');
  await waitFor(() => expect(address.value).toBe('https://b.example/'));
  fireEvent.change(address, { target: { value: 'https://mine.example/' } });
  await changeElsewhere('https://c.example/');
  await screen.findByText(/changed/i);
  expect(address.value).toBe('https://mine.example/');
  fireEvent.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(saved).toMatchObject([{ Mode: 'PUSH', NotificationUrl: 'https://mine.example/', UploadMediaCompleteEventSwitch: 'ON' }]));
});
