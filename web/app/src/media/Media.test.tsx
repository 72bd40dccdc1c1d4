import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { configure, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { App } from 'antd';
import { MemoryRouter, Route, Routes, useLocation } from 'react-router';
import { startTranslation } from '../i18n';
import Media from '../pages/Media';
import { at, file } from './fixture';

configure({ asyncUtilTimeout: 20_000 });
const evil = '<img src=x onerror=alert(1)>\u202e';
const calls: { action: string; body: Record<string, unknown> }[] = [];
let queries: QueryClient;
let found = [file('1', { Name: evil })];
let detail = {};

beforeEach(async () => {
  vi.stubGlobal('matchMedia', () => ({ matches: true, addListener: () => undefined, removeListener: () => undefined, addEventListener: () => undefined, removeEventListener: () => undefined }));
  vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} });
  vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
    const action = (init.headers as Record<string, string>)['X-TC-Action'] ?? '';
    const body = JSON.parse(String(init.body)) as Record<string, unknown>;
    calls.push({ action, body });
    const gap = { StartTime: '2026-01-02T20:01:00.000Z', EndTime: '2026-01-02T20:02:00.000Z', Duration: 60, Reason: 'that time was left out', OtherSet: [] as object[] };
    const chosen = body.FileIds as string[] | undefined;
    if (chosen && !chosen.includes('4')) gap.OtherSet.push({ FileId: '4', StartTime: '2026-01-02T20:01:10.000Z', EndTime: '2026-01-02T20:01:40.000Z' });
    const pieces = (body.FileIds as string[] | undefined)?.map((FileId) => ({ FileId, StartTime: '2026-01-02T20:00:00.000Z', EndTime: '2026-01-02T20:01:00.000Z' })) ?? [];
    const answers: Record<string, object> = {
      SearchMedia: { TotalCount: found.length, MediaInfoSet: found },
      DescribeMediaInfos: { MediaInfoSet: found.filter((f) => (body.FileIds as string[] | undefined)?.includes(f.FileId) && !body.SubAppId === (f.FileId !== '7')) },
      DescribeTasks: { TaskSet: [] },
      DescribeSubAppIds: { SubAppIdInfoSet: [{ SubAppId: 0, Name: '' }, { SubAppId: 15, Name: 'other' }] },
      DescribeAllClass: { ClassInfoSet: [] },
      DescribeLiveRecordTemplates: { Templates: [] },
      SpliceRecordings: { TaskId: 't', PieceSet: pieces, GapSet: [gap] },
      DescribeTaskDetail: detail,
    };
    return { status: 200, json: async () => ({ Response: answers[action] ?? {} }) };
  });
  await startTranslation();
});
afterEach(() => {
  localStorage.clear();
  vi.unstubAllGlobals();
  calls.length = 0;
});

function Address() {
  const { pathname, search } = useLocation();
  return <output data-testid="address">{pathname + search}</output>;
}

function show(address: string) {
  queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={queries}>
      <App>
        <MemoryRouter initialEntries={[address]}>
          <Address />
          <Routes><Route path="media/*" element={<Media />} /></Routes>
        </MemoryRouter>
      </App>
    </QueryClientProvider>,
  );
}

const searches = () => calls.filter((c) => c.action === 'SearchMedia').map((c) => c.body);

it('looks for what is typed, in the address too, and shows names as text', { timeout: 60_000 }, async () => {
  found = [file('1', { Name: evil })];
  show('/media?type=mp4');
  expect(await screen.findByText('<img src=x onerror=alert(1)>\\u202e')).toBeTruthy();
  expect(document.querySelector('img[src=x]')).toBeNull();
  expect(searches()[0]).toMatchObject({ MediaTypes: ['mp4'], Offset: 0 });
  const box = screen.getByRole('searchbox');
  fireEvent.change(box, { target: { value: '会' } });
  await waitFor(() => expect(searches().at(-1)).toMatchObject({ Text: '会', MediaTypes: ['mp4'] }));
  expect(screen.getByTestId('address').textContent).toBe(`/media?q=${encodeURIComponent('会')}&type=mp4`);
  fireEvent.compositionStart(box);
  fireEvent.change(box, { target: { value: '会y' } });
  fireEvent.change(box, { target: { value: '会议' } });
  fireEvent.compositionEnd(box);
  await waitFor(() => expect(searches().at(-1)).toMatchObject({ Text: '会议' }));
  expect(searches().some((s) => s.Text === '会y')).toBe(false);
});

it('joins the files that were chosen, each time once, and leads to the new one', { timeout: 60_000 }, async () => {
  found = [at('2', '20:02:00', 'mp4'), at('1', '20:00:00', 'mp4'), at('3', '20:00:00', 'hls'), at('4', '20:01:10', 'mp4', 30)];
  detail = { Status: 'PROCESSING', LongTask: { ErrCode: 0, Message: '', Progress: 40, Output: null } };
  show('/media');
  for (const id of ['1', '2', '3']) fireEvent.click(await screen.findByRole('checkbox', { name: new RegExp(`^Choose show ${id},`) }));
  fireEvent.click(screen.getByRole('button', { name: /Splice/ }));
  // What lies between them was recorded, and only not chosen.
  expect(await screen.findByText(/^1:00 missing,.*; 30\.0 s of it are recorded$/)).toBeTruthy();
  expect(calls.find((c) => c.action === 'SpliceRecordings')?.body).toEqual({ FileIds: ['1', '2'], DryRun: true });
  fireEvent.click(screen.getByRole('button', { name: 'Add the piece' }));
  expect(await screen.findByText(/nothing was recorded then/)).toBeTruthy();
  const ok = [...document.querySelectorAll<HTMLButtonElement>('.ant-modal-footer button')].at(-1)!;
  fireEvent.click(ok);
  expect((await screen.findByRole('progressbar')).getAttribute('aria-valuenow')).toBe('40');
  detail = { Status: 'FINISH', LongTask: { ErrCode: 0, Message: '', Progress: 100, Output: { FileId: '99', Method: 'copy' } } };
  await queries.invalidateQueries({ queryKey: ['work'] });
  fireEvent.click(await screen.findByRole('button', { name: 'Play' }));
  expect(calls.find((c) => c.action === 'SpliceRecordings' && !c.body.DryRun)?.body).toMatchObject({ FileIds: ['1', '4', '2'], OutputMediaType: 'mp4', Wait: 0 });
  await waitFor(() => expect(screen.getByTestId('address').textContent).toBe('/media/99'));
});

it('finds a file in whichever application it is', { timeout: 60_000 }, async () => {
  found = [file('7')];
  show('/media/7');
  await waitFor(() => expect(calls.filter((c) => c.action === 'DescribeMediaInfos').map((c) => c.body.SubAppId)).toEqual([undefined, 15]));
  expect(await screen.findByRole('heading', { name: 'show 7' })).toBeTruthy();
});

it('splices one chosen recording with the other pieces of its show', { timeout: 60_000 }, async () => {
  found = [at('1', '20:00:00', 'mp4'), at('2', '20:02:00', 'mp4'), at('3', '23:00:00', 'mp4')];
  show('/media');
  fireEvent.click(await screen.findByRole('checkbox', { name: /^Choose show 1,/ }));
  fireEvent.click(screen.getByRole('button', { name: /Splice/ }));
  const from = '2026-01-02T19:59:59.000Z';
  await waitFor(() => expect(calls.find((c) => c.action === 'SpliceRecordings')?.body).toEqual({ DomainName: 'd', AppName: 'live', StreamName: 'show', StartTime: from, EndTime: '2026-01-02T20:03:02.000Z', DryRun: true }));
});

it('asks for more than one file where it was made of others', { timeout: 60_000 }, async () => {
  found = [file('1', { SourceInfo: { SourceType: 'VideoProcessing', SourceContext: '', LiveRecordInfo: null } })];
  show('/media');
  fireEvent.click(await screen.findByRole('checkbox', { name: /^Choose show 1,/ }));
  fireEvent.click(screen.getByRole('button', { name: /Splice/ }));
  expect(await screen.findByText(/^Choose two files or more/)).toBeTruthy();
});

it('remembers the list, in which all of the page can be chosen at once', { timeout: 60_000 }, async () => {
  found = [file('1'), file('2')];
  localStorage.setItem('aircheck.media.view', 'list');
  show('/media');
  fireEvent.click(await screen.findByRole('checkbox', { name: 'Choose all of this page' }));
  expect(await screen.findByText('2 chosen')).toBeTruthy();
  fireEvent.click(screen.getByRole('columnheader', { name: /Recorded or made/ }));
  await waitFor(() => expect(searches().at(-1)).toMatchObject({ Sort: { Field: 'CreateTime', Order: 'Asc' } }));
  expect(screen.getByTestId('address').textContent).toBe('/media?sort=oldest');
});
