import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render, screen } from '@testing-library/react';
import { MemoryRouter } from 'react-router';
import { forgetLive, listen, type LiveStream } from '../api/live';
import { startTranslation } from '../i18n';
import Overview from './Overview';

let tell = (_: object) => {};
let stop = () => {};

const stream = (StreamName: string, Bytes: number) =>
  ({ DomainName: 'localhost', AppName: 'live', StreamName, ID: StreamName, StartTime: 0, Protocol: 'rtmp', Bytes, Video: 0, Tracks: [], Recordings: [] }) as unknown as LiveStream;
const file = (FileId: string, Name: string, Reason: string) => ({
  FileId, BasicInfo: { Name, Type: 'mp4', Status: 'Normal', Category: 'Video', CoverUrl: '', CreateTime: '2026-01-02T20:10:00Z', SourceInfo: { LiveRecordInfo: null } },
  MetaData: { Duration: 60, Size: 1000 }, RecordInfo: { Reason },
});
const incoming = () => screen.getByText('Incoming').closest('section')?.textContent;

beforeEach(async () => {
  vi.stubGlobal('matchMedia', () => ({ matches: true, addListener: () => {}, removeListener: () => {}, addEventListener: () => {}, removeEventListener: () => {} }));
  vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} });
  vi.stubGlobal('IntersectionObserver', class { observe() {} disconnect() {} });
  vi.stubGlobal('EventSource', class {
    addEventListener(name: string, then: (event: object) => void) {
      if (name === 'live') tell = (live) => act(() => then({ data: JSON.stringify(live) }));
    }
    close() {}
  });
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    if (path === '/readyz') return Promise.resolve(new Response(JSON.stringify({ storage: { free: 10, total: 100, warn: 5 }, rtmp_port: 1935 })));
    const params = JSON.parse(String(init.body)) as Record<string, unknown>;
    const AddressSet = [{ Purpose: 'push', Protocol: 'rtmp', Url: `rtmp://${String(params.HostName ?? 'found')}/live/show?txSecret=1&txTime=2`, Server: '', StreamKey: '' }];
    return Promise.resolve(new Response(JSON.stringify({ Response: { PendingCount: 0, ParkedCount: 0, AddressSet, MediaInfoSet: [file('1', 'matinee', 'no_space'), file('2', 'soiree', 'stream_end')] } })));
  });
  await startTranslation();
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  stop = listen(queries, () => {});
  render(<QueryClientProvider client={queries}><MemoryRouter><Overview /></MemoryRouter></QueryClientProvider>);
});
afterEach(() => {
  stop();
  forgetLive();
  vi.unstubAllGlobals();
});

it('shows no rate before it knows one', () => {
  expect(incoming()).toBe('Incoming…');
  tell({ At: 1000, Streams: [stream('a', 0)], Waiting: [] });
  expect(incoming()).toBe('Incoming…');
  tell({ At: 3000, Streams: [stream('a', 500_000), stream('b', 0)], Waiting: [] });
  expect(incoming()).toBe('Incoming2.0 Mbit/s');
  tell({ At: 5000, Streams: [], Waiting: [] });
  expect(incoming()).toBe('Incoming0 kbit/s');
});

it('tells how to push the first stream with the address that the server gives', async () => {
  tell({ At: 1000, Streams: [], Waiting: [] });
  const line = await screen.findByText(/^ffmpeg .*rtmp:/);
  // This browser is on the server's own machine, whose name nobody else has.
  expect(line.textContent).toContain(`-f flv 'rtmp://found/live/show?txSecret=1&txTime=2'`);
});

it('shows the last recordings, and says why one ended that should not have', async () => {
  expect(await screen.findByText('90 % used')).toBeTruthy();
  const file = await screen.findByRole('link', { name: 'matinee' });
  expect(file.getAttribute('href')).toBe('/media/1');
  expect(screen.getAllByText(/^Ended:/).map((e) => e.textContent)).toEqual(['Ended: the disk was full']);
});
