import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { fireEvent, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { App } from 'antd';
import type { ReactNode } from 'react';
import { MemoryRouter } from 'react-router';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startTranslation } from '../i18n';
import { Compared } from './Compared';
import { Domains } from './Domains';
import { Referers } from './Referers';
import type { Protection } from './Play';

const calls: { action: string; params: Record<string, unknown> }[] = [];
let answers: Record<string, object> = {};

beforeEach(async () => {
  vi.stubGlobal('matchMedia', (query: string) => ({ matches: /min-width/.test(query), addEventListener: () => {}, removeEventListener: () => {}, addListener: () => {}, removeListener: () => {} }));
  vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} });
  calls.length = 0;
  vi.stubGlobal('fetch', (_: string, init: RequestInit) => {
    const action = (init.headers as Record<string, string>)['X-TC-Action']!;
    calls.push({ action, params: JSON.parse(init.body as string) as Record<string, unknown> });
    return Promise.resolve(new Response(JSON.stringify({ Response: { RequestId: '1', ...answers[action] } })));
  });
  await startTranslation();
});
afterEach(() => vi.unstubAllGlobals());

function show(page: ReactNode, at = '/settings/domains') {
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <App>
        <MemoryRouter initialEntries={[at]}>{page}</MemoryRouter>
      </App>
    </QueryClientProvider>,
  );
}

it('does not offer to delete the built-in domain, and says so of one that is not there', async () => {
  const domain = (Name: string, BuiltIn: boolean) => ({ Name, Type: 0, Status: 1, CreateTime: '', BuiltIn });
  answers = { DescribeLiveDomains: { DomainList: [domain('localhost', true), domain('push.example.com', false)] } };
  show(<Domains />, '/settings/domains/gone%E2%80%AE.example.com');
  await screen.findByText('There is no domain gone\\u202e.example.com here. It may have been deleted.');
  expect(screen.queryByRole('button', { name: 'Delete localhost' })).toBeNull();
  screen.getByRole('button', { name: 'Delete push.example.com' });
});

it('sends a list of hosts, and none that is no host', async () => {
  answers = {};
  const protection: Protection = {
    Domain: 'play.example.com',
    UrlSignatureAuthPolicy: { Status: 'Disabled', EncryptedKey: '', BackupKey: '', Lifetime: 0 },
    RefererAuthPolicy: { Status: 'Disabled', AuthType: '', Referers: [], BlankRefererAllowed: 'No' },
    CrossOriginPolicy: { Origins: [] },
  };
  show(<Referers app={7} protection={protection} />);
  const user = userEvent.setup();
  await user.click(screen.getByLabelText('Only these'));
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText('Name at least one host.');
  const hosts = screen.getByLabelText('Hosts, one a line');
  fireEvent.change(hosts, { target: { value: 'https://a.example' } });
  await screen.findByText(/“https:\/\/a.example” is no host name/);
  fireEvent.change(hosts, { target: { value: 'a.example\n*.b.example' } });
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(calls).toHaveLength(1));
  expect(calls[0]).toEqual({
    action: 'ModifyVodDomainConfig',
    params: { SubAppId: 7, Domain: 'play.example.com', RefererAuthPolicy: { Status: 'Enabled', AuthType: 'White', Referers: ['a.example', '*.b.example'], BlankRefererAllowed: 'No' } },
  });
});

it('says of each finding what to do', async () => {
  answers = {
    DescribeReconcileReport: {
      State: 'Done',
      Report: {
        EndTime: '2026-01-02T03:04:05Z', Assets: 9, Files: 8, Missing: 1, MissingParts: 0, Changed: 0, Unreadable: 0, ErrorSet: [],
        FindingSet: [{ What: 'lost', FileId: '12', StorageId: 'recordings', Path: 'localhost/live/a.mp4', Detail: '' }],
      },
    },
  };
  show(<Compared />);
  await screen.findByText('The catalogue and the disk differ.');
  screen.getByText('recordings/localhost/live/a.mp4');
  screen.getByText(/Restore the file to this place/);
  expect(screen.getByRole('link', { name: 'Open in the catalogue' }).getAttribute('href')).toBe('/media/12');
});
