import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { App } from 'antd';
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { MemoryRouter } from 'react-router';
import en from '../i18n/en';
import { AccessKeys } from './AccessKeys';
import { Audit } from './Audit';
import { Password } from './Password';

type Ask = { action: string; params: Record<string, unknown> };

let asked: Ask[] = [];
const first = { AccessKeyId: 'AKIDfirst', Status: 'Active', CreateTimeUtc: '', Description: '', LastUsedTime: '', BuiltIn: true };

/** Answers the network; what is not in answers gets an empty answer. */
function network(answers: Record<string, (params: Record<string, unknown>) => object>): void {
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    const action = (init.headers as Record<string, string>)['X-TC-Action'] ?? url;
    const params = JSON.parse(String(init.body ?? '{}')) as Record<string, unknown>;
    asked.push({ action, params });
    const answer = answers[action]?.(params) ?? {};
    return Promise.resolve(new Response(JSON.stringify(url === '/' ? { Response: { RequestId: 'r', ...answer } } : answer)));
  });
}

const page = (children: ReactNode, at = '/') =>
  render(
    <App>
      <MemoryRouter initialEntries={[at]}>
        <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>{children}</QueryClientProvider>
      </MemoryRouter>
    </App>,
  );

const did = (action: string) => asked.filter((a) => a.action === action).map((a) => a.params);

beforeEach(async () => {
  asked = [];
  await i18next.use(initReactI18next).init({ resources: { en: { translation: en } }, lng: 'en' });
  vi.stubGlobal('matchMedia', (query: string) => ({ matches: query.includes('min-width'), addListener: () => {}, removeListener: () => {}, addEventListener: () => {}, removeEventListener: () => {} }));
  vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} });
});
afterEach(() => vi.unstubAllGlobals());

it('makes a key and shows its secret once', async () => {
  const keys = [first];
  network({
    ListAccessKeys: () => ({ AccessKeys: keys }),
    CreateAccessKey: (params) => {
      keys.push({ ...first, AccessKeyId: 'AKIDnew', Description: String(params.Description), BuiltIn: false });
      return { AccessKey: { AccessKeyId: 'AKIDnew', SecretAccessKey: 'tellme0nce' } };
    },
  });
  const user = userEvent.setup();
  page(<AccessKeys />);
  await user.click((await screen.findAllByRole('button', { name: 'Make a key' }))[0]!);
  await user.type(await screen.findByLabelText('What it is for'), ' Scheduler <b> ');
  await user.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Make a key' }));
  expect(await screen.findByText('tellme0nce')).toBeTruthy();
  expect(screen.getByText('AKIDnew:tellme0nce')).toBeTruthy();
  expect(did('CreateAccessKey')).toEqual([{ Description: 'Scheduler <b>' }]);
  expect(screen.getByRole('dialog').contains(document.activeElement)).toBe(true);
  await user.keyboard('{Escape}');
  expect(screen.getByText('tellme0nce')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'I have stored it' }));
  expect(screen.queryByText('tellme0nce')).toBeNull();
  expect(await screen.findByText('Scheduler <b>')).toBeTruthy();
}, 60_000);

it('asks before a key is disabled, and leaves the first one alone', async () => {
  network({ ListAccessKeys: () => ({ AccessKeys: [first, { ...first, AccessKeyId: 'AKIDx', Description: 'cam', BuiltIn: false }] }) });
  const user = userEvent.setup();
  page(<AccessKeys />);
  await user.click(await screen.findByRole('button', { name: 'Disable: cam' }));
  expect(did('UpdateAccessKey')).toEqual([]);
  expect(await screen.findByText(/refused from now on, until/)).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Disable' }));
  expect(did('UpdateAccessKey')).toEqual([{ AccessKeyId: 'AKIDx', Status: 'Inactive' }]);
  expect(screen.queryByRole('button', { name: 'Delete: First key' })).toBeNull();
}, 60_000);

it('shows who did what, and what comes after it', async () => {
  const event = (n: number, more: object) => ({
    EventId: String(n), Username: 'console', EventTime: '1795326659', EventName: 'ConsoleLogin', EventSource: 'console', SourceIPAddress: '192.0.2.7', SecretId: '', RequestID: '', ApiErrorCode: '', Scheme: 'Session',
    UserAgent: '', RequestParameters: '', ResponseElements: '', ...more,
  });
  network({
    ListAccessKeys: () => ({ AccessKeys: [{ ...first, AccessKeyId: 'AKIDx', Description: 'Scheduler' }] }),
    DescribeEvents: (p) =>
      p.NextToken
        ? { Events: [event(1, {})], ListOver: true, NextToken: 0, TotalCount: 2 }
        : { Events: [event(2, { SecretId: 'AKIDx', EventName: 'AddLiveDomain', EventSource: 'live', RequestParameters: '{"DomainName":"<i>a.example"}', ApiErrorCode: 'FailedOperation.DomainAdded' })], ListOver: false, NextToken: 2, TotalCount: 2 },
  });
  const user = userEvent.setup();
  page(<Audit />, '/settings/audit?result=Failed&who=AKIDx');
  expect(await screen.findByText('DomainName: <i>a.example')).toBeTruthy();
  const table = screen.getByRole('table');
  expect(within(table).getByText('Scheduler')).toBeTruthy();
  expect(within(table).getByText('FailedOperation.DomainAdded')).toBeTruthy();
  expect(did('DescribeEvents')[0]?.LookupAttributes).toEqual([{ AttributeKey: 'Username', AttributeValue: 'AKIDx' }, { AttributeKey: 'Result', AttributeValue: 'Failed' }]);
  await user.click(screen.getByRole('button', { name: 'Show older entries' }));
  expect(await within(table).findByText('Login')).toBeTruthy();
  expect(did('DescribeEvents').at(-1)?.NextToken).toBe(2);
  expect(screen.queryByRole('button', { name: 'Show older entries' })).toBeNull();
  expect(screen.getByText('2 entries')).toBeTruthy();
}, 60_000);

it('changes the password only when the new one is typed twice, and says when the old one is wrong', async () => {
  let answer: object = { Code: 'WrongPassword', Message: 'the password is wrong' };
  network({ '/console/password': () => answer });
  const user = userEvent.setup();
  page(<Password fixed={false} />);
  await user.type(screen.getByLabelText('Present password'), 'correct horse');
  await user.type(screen.getByLabelText('New password'), 'short');
  await user.type(screen.getByLabelText('New password, once more'), 'shorter');
  await user.click(screen.getByRole('button', { name: 'Change the password' }));
  expect(await screen.findByText('The two are not the same')).toBeTruthy();
  expect(did('/console/password')).toEqual([]);
  for (const label of ['New password', 'New password, once more']) {
    await user.clear(screen.getByLabelText(label));
    await user.type(screen.getByLabelText(label), 'battery staple');
  }
  await user.click(screen.getByRole('button', { name: 'Change the password' }));
  expect(await screen.findByText('The present password is wrong.')).toBeTruthy();
  expect(did('/console/password')).toEqual([{ Old: 'correct horse', New: 'battery staple' }]);
  answer = { LoggedIn: true };
  await user.click(screen.getByRole('button', { name: 'Change the password' }));
  expect(await screen.findByText(/The password is changed/)).toBeTruthy();
  expect(screen.getByLabelText<HTMLInputElement>('Present password').value).toBe('');
}, 60_000);

it('says where the password is changed that is in the configuration', () => {
  network({});
  page(<Password fixed />);
  expect(screen.getByText(/console\.password/)).toBeTruthy();
  expect(screen.queryByRole('button')).toBeNull();
});
