import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import en from '../i18n/en';
import type { Template } from './api';
import { TestButton } from './TestButton';

const template = { TemplateId: 7, TemplateName: 'newsroom', CallbackKey: 'k', RecordNotifyUrl: 'http://a.example/recorded' } as Template;

beforeEach(async () => {
  await i18next.use(initReactI18next).init({ resources: { en: { translation: en } }, lng: 'en' });
  vi.stubGlobal('matchMedia', () => ({ matches: false, addListener: () => {}, removeListener: () => {}, addEventListener: () => {}, removeEventListener: () => {} }));
  vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} });
});
afterEach(() => vi.unstubAllGlobals());

it('sends to the receiver of the template and says what to do about the answer', async () => {
  const asked: unknown[] = [];
  vi.stubGlobal('fetch', (_: string, init: RequestInit) => {
    asked.push([(init.headers as Record<string, string>)['X-TC-Action'], JSON.parse(String(init.body))]);
    const answer = {
      Url: template.RecordNotifyUrl, ResultCode: 503, Duration: 0.012, Request: '{"event_type":100}', RequestHeader: [{ Name: 'X-Aircheck-Test', Value: '1' }],
      Response: '<b>no</b>', ResponseHeader: [], RequestId: 'r',
    };
    return Promise.resolve(new Response(JSON.stringify({ Response: answer })));
  });
  const user = userEvent.setup();
  render(<QueryClientProvider client={new QueryClient()}><TestButton template={template} /></QueryClientProvider>);
  await user.click(screen.getByRole('button', { name: 'Test newsroom' }));
  await user.click(await screen.findByRole('button', { name: 'Send' }));
  expect(await screen.findByText('HTTP 503')).toBeTruthy();
  expect(asked).toEqual([['TestLiveCallback', { TemplateId: 7, EventType: 100 }]]);
  expect(screen.getByText(/The receiver failed/)).toBeTruthy();
  expect(screen.getByText('<b>no</b>')).toBeTruthy();
  expect(screen.getByText('X-Aircheck-Test: 1')).toBeTruthy();
}, 60_000);
