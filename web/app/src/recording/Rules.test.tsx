import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { App } from 'antd';
import { MemoryRouter } from 'react-router';
import { startTranslation } from '../i18n';
import Rules from './Rules';
import { blank } from './draft';
import type { Explanation, Rule } from './types';

const rule = (AppName: string, StreamName: string, TemplateId: number): Rule => ({ DomainName: 'd', AppName, StreamName, TemplateId });
const explained: Explanation = { Decision: 'record', DomainName: 'd', Formats: ['mp4'], Rule: rule('live', '', 1), Shadowed: [rule('', '', 2)], Tasks: [] };
const calls: { action: string; body: Record<string, unknown> }[] = [];

beforeEach(async () => {
  vi.stubGlobal('matchMedia', () => ({ matches: true, addListener: () => undefined, removeListener: () => undefined, addEventListener: () => undefined, removeEventListener: () => undefined }));
  vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} });
  vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
    const action = (init.headers as Record<string, string>)['X-TC-Action'] ?? '';
    const body = JSON.parse(String(init.body)) as Record<string, unknown>;
    calls.push({ action, body });
    const answers: Record<string, object> = {
      DescribeLiveRecordRules: { Rules: [rule('', '', 2), rule('live', '', 1), rule('', 'quiet', 2)] },
      DescribeLiveRecordTemplates: { Templates: body.IsDelayLive ? [] : [{ ...blank, TemplateId: 1, TemplateName: 'shows', IsDelayLive: 0 }, { ...blank, TemplateId: 2, TemplateName: 'quiet', IsDelayLive: 0 }] },
      DescribeLiveDomains: { DomainList: [{ Name: 'd' }] },
      ExplainRecordRule: explained,
    };
    return { status: 200, json: async () => ({ Response: answers[action] ?? {} }) };
  });
  await startTranslation();
});
afterEach(() => {
  vi.unstubAllGlobals();
  calls.length = 0;
});

const show = (address: string) =>
  render(
    <QueryClientProvider client={new QueryClient()}>
      <App>
        <MemoryRouter initialEntries={[address]}>
          <Rules />
        </MemoryRouter>
      </App>
    </QueryClientProvider>,
  );

it('gives a rule another template in one step', { timeout: 60_000 }, async () => {
  show('/recording/rules');
  fireEvent.click(await screen.findByRole('button', { name: 'Change the template d/live/*' }));
  const dialog = await screen.findByRole('dialog');
  const save = within(dialog).getByRole('button', { name: 'Use this template' });
  expect(save).toHaveProperty('disabled', true);
  fireEvent.mouseDown(within(dialog).getByRole('combobox', { name: 'Template' }));
  fireEvent.click(await screen.findByText(/^quiet – MP4/));
  fireEvent.click(save);
  await screen.findByText('The template counts for pushes that start from now on.');
  expect(calls.filter((c) => /^(Create|Modify|Delete)/.test(c.action))).toEqual([{ action: 'ModifyLiveRecordRule', body: { DomainName: 'd', AppName: 'live', StreamName: '', TemplateId: 2 } }]);
});

it('shows rules as they win, and who wins as one types', { timeout: 60_000 }, async () => {
  show('/recording/rules?domain=d&app=live');
  const rows = () => [...document.querySelectorAll('tbody tr')].map((r) => r.textContent ?? '').filter((t) => /^\d/.test(t));
  await waitFor(() => expect(rows()).toHaveLength(3), { timeout: 20_000 });
  expect(rows().map((t) => /^\dd\/[^/]*\/(\*|quiet)/.exec(t)?.[0])).toEqual(['1d/*/quiet', '2d/live/*', '3d/*/*']);
  expect(screen.queryByText('wins')).toBeNull();
  for (const value of ['s', 'sh', 'sho', 'show']) fireEvent.change(screen.getByLabelText('Stream'), { target: { value } });
  await screen.findByText('Is recorded as MP4.', undefined, { timeout: 20_000 });
  expect(screen.getByText('wins').closest('tr')?.textContent).toContain('d/live/*');
  expect(screen.getByText('shadowed').closest('tr')?.textContent).toContain('d/*/*');
  expect(screen.getByText('other stream').closest('tr')?.textContent).toContain('d/*/quiet');
  // Not at each letter.
  expect(calls.filter((c) => c.action === 'ExplainRecordRule').map((c) => c.body.StreamName)).toEqual(['show']);
});

it('fills in the only domain, and says what lacks and which domain there is not', { timeout: 60_000 }, async () => {
  show('/recording/rules/new');
  const dialog = await screen.findByRole('dialog');
  const domain = within(dialog).getByLabelText('Push domain');
  await waitFor(() => expect(domain).toHaveProperty('value', 'd'));
  fireEvent.change(domain, { target: { value: 'dd' } });
  await within(dialog).findByText(/There is no such domain yet/);
  fireEvent.change(domain, { target: { value: 'D' } });
  expect(within(dialog).queryByText(/There is no such domain yet/)).toBeNull();
  fireEvent.change(document.getElementById('explain-stream')!, { target: { value: 'show' } });
  await screen.findByText('Still to be typed: App.');
});
