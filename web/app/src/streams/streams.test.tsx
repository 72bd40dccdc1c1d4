import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { configure, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { App } from 'antd';
import type { ReactNode } from 'react';
import { MemoryRouter } from 'react-router';
import { startTranslation } from '../i18n';
import type { LiveStream, Track } from '../api/live';
import { Generator } from './Generator';
import { LivePlayer } from './LivePlayer';
import { RecordNow } from './RecordNow';
import { StreamActions } from './StreamActions';

// A machine that is busy takes its time.
vi.setConfig({ testTimeout: 60_000 });
configure({ asyncUtilTimeout: 30_000 });

const calls: { action: string; params: Record<string, unknown> }[] = [];

/** What the server answers, by action. */
const answers: Record<string, (params: Record<string, unknown>) => object> = {
  DescribeLiveDomains: () => ({ DomainList: [{ Name: 'a.example', Type: 0 }, { Name: 'localhost', Type: 0, BuiltIn: true }] }),
  DescribeStreamAddresses: (p) => ({
    DomainName: p.DomainName, ExpireTime: '2026-11-23T05:00:00Z', PushSigned: true, PlaySigned: true, Hosts: ['192.0.2.7', '10.0.0.7'],
    AddressSet: [
      { Purpose: 'push', Protocol: 'rtmp', Url: `rtmp://${p.HostName ?? 'h'}/${p.AppName}/${p.StreamName}?k`, Server: `rtmp://${p.HostName ?? 'h'}/${p.AppName}`, StreamKey: `${p.StreamName}?k` },
      { Purpose: 'play', Protocol: 'page', Url: 'http://h/play/', Server: '', StreamKey: '' },
    ],
  }),
  DropLiveStream: () => ({}),
  ForbidLiveStream: () => ({ Error: { Code: 'FailedOperation', Message: 'there are 10000 forbidden streams already' } }),
};

beforeAll(async () => {
  await startTranslation();
  window.matchMedia = (media) => ({ matches: false, media, addEventListener: () => undefined, removeEventListener: () => undefined, addListener: () => undefined, removeListener: () => undefined }) as unknown as MediaQueryList;
  window.ResizeObserver = class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
});

beforeEach(() => {
  calls.length = 0;
  vi.stubGlobal('fetch', (_: string, init: RequestInit) => {
    const action = (init.headers as Record<string, string>)['X-TC-Action']!;
    const params = JSON.parse(String(init.body)) as Record<string, unknown>;
    calls.push({ action, params });
    return Promise.resolve(new Response(JSON.stringify({ Response: { ...answers[action]?.(params), RequestId: 'r' } })));
  });
});
afterEach(() => vi.unstubAllGlobals());

const show = (child: ReactNode) =>
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <App>
        <MemoryRouter>{child}</MemoryRouter>
      </App>
    </QueryClientProvider>,
  );

it('makes the addresses of the stream that is typed', async () => {
  show(<Generator />);
  await screen.findByText('show?k');
  const name = screen.getByLabelText('Stream name');
  await userEvent.clear(name);
  await userEvent.type(name, 'cam 1');
  await screen.findByText('cam 1?k');
  expect(screen.getByText('rtmp://h/live')).toBeTruthy();
  expect(calls.at(-1)).toMatchObject({ action: 'DescribeStreamAddresses', params: { DomainName: 'localhost', AppName: 'live', StreamName: 'cam 1' } });
});

it('warns of addresses of this machine alone, offers others and remembers the choice', async () => {
  const usual = answers.DescribeStreamAddresses!;
  answers.DescribeStreamAddresses = (p) => usual({ HostName: '127.0.0.1', ...p });
  try {
    const { unmount } = show(<Generator />);
    await screen.findByText('These addresses work on this machine only.');
    await userEvent.click(screen.getByRole('button', { name: '10.0.0.7' }));
    await screen.findByText('rtmp://10.0.0.7/live');
    expect(screen.queryByText('These addresses work on this machine only.')).toBeNull();
    unmount();
    show(<Generator />);
    await screen.findByText('rtmp://10.0.0.7/live');
  } finally {
    answers.DescribeStreamAddresses = usual;
    localStorage.clear();
  }
});

it.each([
  [true, true, /^Signed: a push or a player can begin until/],
  [true, false, /^Signed for pushing: .* The play key is off/],
  [false, true, /push key is off: .* Signed for playing/],
  [false, false, /push key and play key are off/],
])('says what is signed: pushing %s, playing %s', async (PushSigned, PlaySigned, text) => {
  const usual = answers.DescribeStreamAddresses!;
  answers.DescribeStreamAddresses = (p) => ({ ...usual(p), PushSigned, PlaySigned });
  try {
    show(<Generator />);
    expect(await screen.findByText(text)).toBeTruthy();
  } finally {
    answers.DescribeStreamAddresses = usual;
  }
});

const track = (Codec: string): Track => ({ Kind: 'video', Codec, Width: 1, Height: 1, SampleRate: 0, Channels: 0 });
const stream = (...codecs: string[]) =>
  ({ DomainName: 'localhost', AppName: 'live', StreamName: 's', ID: '1', Tracks: codecs.map(track), Recordings: [], Preview: false }) as unknown as LiveStream;

it('says what the browser cannot play', async () => {
  vi.stubGlobal('MediaSource', { isTypeSupported: (type: string) => !type.includes('hvc1') });
  show(<LivePlayer stream={stream('h265', 'aac')} />);
  expect((await screen.findByRole('status')).textContent).toContain('cannot play H.265.');
});

it('asks before it disconnects, and says what the server refused', async () => {
  const user = userEvent.setup();
  show(<StreamActions stream={stream('h264')} live />);
  await user.click(screen.getByRole('button', { name: /Disconnect/ }));
  await screen.findByText('Disconnect the publisher?');
  expect(calls).toHaveLength(0);
  await user.click(screen.getAllByRole('button', { name: 'Disconnect' }).at(-1)!);
  await waitFor(() => expect(calls).toEqual([{ action: 'DropLiveStream', params: { DomainName: 'localhost', AppName: 'live', StreamName: 's' } }]));
  await user.click(screen.getByRole('button', { name: /Forbid/ }));
  await user.type(await screen.findByLabelText('Reason'), 'late');
  await user.click(screen.getAllByRole('button', { name: 'Forbid' }).at(-1)!);
  await screen.findByText('there are 10000 forbidden streams already');
  const forbid = calls.at(-1)!;
  expect(forbid).toMatchObject({ action: 'ForbidLiveStream', params: { StreamName: 's', Reason: 'late' } });
  expect(Math.round((Date.parse(String(forbid.params.ResumeTime)) - Date.now()) / 3.6e6)).toBe(24);
});

it('records a stream at once with a template that browsers play, and stops what tasks record of it', async () => {
  const off = { Enable: 0, RecordInterval: 1800, StorageTime: 0 };
  const templates = [1, 2].map((TemplateId) => ({
    TemplateId, TemplateName: `t${TemplateId}`, FlvParam: { ...off, Enable: 1 }, HlsParam: off, Mp4Param: { ...off, Enable: TemplateId - 1 }, AacParam: off, Mp3Param: off,
  }));
  const key = { DomainName: 'localhost', AppName: 'live', StreamName: 's' };
  let tasks: object[] = [];
  answers.DescribeLiveRecordTemplates = (p) => ({ Templates: p.IsDelayLive ? [] : templates });
  answers.DescribeLiveRecordTasks = () => ({ TaskList: tasks });
  answers.CreateRecordTask = () => {
    tasks = [{ ...key, TaskId: '7', Action: 'CreateRecordTask', StartTime: 1, EndTime: 2, State: 'recording' }, { ...key, StreamName: 'other', TaskId: '8', StartTime: 1, State: 'recording' }];
    return { TaskId: '7' };
  };
  answers.StopRecordTask = () => {
    tasks = [];
    return {};
  };
  const before = Math.floor(Date.now() / 1000);
  show(<RecordNow stream={key} live />);
  await userEvent.click(await screen.findByRole('button', { name: 'Record now' }));
  const record = screen.getByRole('button', { name: 'Record' });
  await waitFor(() => expect(record).toHaveProperty('disabled', false));
  await userEvent.click(record);
  const stop = await screen.findByRole('button', { name: 'Stop recording' });
  await waitFor(() => expect(document.activeElement).toBe(stop));
  await userEvent.click(stop);
  const made = calls.find((c) => c.action === 'CreateRecordTask')!;
  expect(made.params).toMatchObject({ ...key, TemplateId: 2 });
  expect(Number(made.params.EndTime) - before).toBeGreaterThanOrEqual(86_400);
  expect(Number(made.params.EndTime) - before).toBeLessThan(86_400 + 3600);
  const answer = await screen.findAllByRole('button', { name: 'Stop recording' });
  await userEvent.click(answer.at(-1)!);
  await screen.findByRole('button', { name: 'Record now' });
  expect(calls.filter((c) => c.action === 'StopRecordTask').map((c) => c.params)).toEqual([{ TaskId: '7' }]);
});
