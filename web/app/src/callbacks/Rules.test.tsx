import { afterEach, expect, it, vi } from 'vitest';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { fireEvent, render, screen } from '@testing-library/react';
import dayjs from 'dayjs';
import { MemoryRouter } from 'react-router';
import { startTranslation } from '../i18n';
import { Rules } from './Rules';

afterEach(() => vi.unstubAllGlobals());

it('shows times of here, fills in the only domain, and warns of one that there is not yet', { timeout: 60_000 }, async () => {
  vi.stubGlobal('matchMedia', () => ({ matches: true, addListener: () => {}, removeListener: () => {}, addEventListener: () => {}, removeEventListener: () => {} }));
  vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} });
  const answers: Record<string, object> = {
    // CreateTime is in the zone of the API, which the browser does not know.
    DescribeLiveCallbackRules: { Rules: [{ DomainName: 'localhost', AppName: '', TemplateId: 1, CreateTime: '2026-01-02 16:57:57', CreateTimeUtc: '2026-01-02T08:57:57Z' }] },
    DescribeLiveCallbackTemplates: { Templates: [{ TemplateId: 1, TemplateName: 'newsroom' }] },
    DescribeLiveDomains: { DomainList: [{ Name: 'localhost' }] },
  };
  vi.stubGlobal('fetch', (_: string, init: RequestInit) => Promise.resolve(new Response(JSON.stringify({ Response: answers[(init.headers as Record<string, string>)['X-TC-Action'] ?? ''] }))));
  await startTranslation();
  render(<QueryClientProvider client={new QueryClient()}><MemoryRouter><Rules /></MemoryRouter></QueryClientProvider>);
  expect(await screen.findByText(dayjs('2026-01-02T08:57:57Z').format('YYYY-MM-DD HH:mm:ss'))).toBeTruthy();
  fireEvent.click(screen.getByRole('button', { name: 'New rule' }));
  const domain = await screen.findByLabelText('Push domain');
  expect(domain).toHaveProperty('value', 'localhost');
  expect(screen.queryByText(/There is no such domain yet/)).toBeNull();
  fireEvent.change(domain, { target: { value: 'locallhost' } });
  expect(await screen.findByText(/There is no such domain yet/)).toBeTruthy();
});
