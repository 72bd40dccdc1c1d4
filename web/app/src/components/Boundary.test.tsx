import { lazy, Suspense } from 'react';
import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { act, render, screen } from '@testing-library/react';
import { forgetLive, listen } from '../api/live';
import { startTranslation } from '../i18n';
import { Boundary } from './Boundary';

beforeAll(startTranslation);
afterEach(() => vi.unstubAllGlobals());

it('says what to do where a page cannot be loaded', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const Gone = lazy(() => Promise.reject(new Error('no such script')));
  render(<div>frame <Boundary><Suspense><Gone /></Suspense></Boundary></div>);
  await screen.findByText('no such script');
  expect(screen.getByRole('button', { name: 'Reload' })).toBeTruthy();
  expect(screen.getByText('frame', { exact: false })).toBeTruthy();
});

it('loads the window anew when the server is back that was away', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const reload = vi.fn();
  vi.stubGlobal('location', { reload });
  let tell = (_: string) => {};
  vi.stubGlobal('EventSource', class {
    readyState = 0;
    constructor() {
      const listeners = new Map<string, (event: object) => void>();
      this.addEventListener = (name, then) => listeners.set(name, then);
      tell = (name) => listeners.get(name)?.({ data: '{"At":1,"Streams":[],"Waiting":[]}' });
    }
    addEventListener: (name: string, then: (event: object) => void) => void;
    close() {}
  });
  const stop = listen(new QueryClient(), () => {});
  act(() => tell('live'));
  act(() => tell('error'));
  const Away = lazy(() => Promise.reject(new Error('no such script')));
  render(<Boundary><Suspense><Away /></Suspense></Boundary>);
  await screen.findByText('This page comes as soon as the server answers.');
  expect(reload).not.toHaveBeenCalled();
  act(() => tell('live'));
  expect(reload).toHaveBeenCalledTimes(1);
  stop();
  forgetLive();
});
