import { afterEach, expect, it, vi } from 'vitest';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { startTranslation } from './i18n';
import Login from './pages/Login';
import { SessionProvider, useSession } from './session';

afterEach(() => vi.unstubAllGlobals());

let recheck = () => {};
let logout = async () => {};

function Pages() {
  const session = useSession();
  recheck = session.recheck;
  logout = session.logout;
  return session.loggedIn === undefined ? null : session.loggedIn ? <p>inside</p> : <Login />;
}

const reason = () => screen.queryByText(/^You were logged out/);

it('says why one has to log in again, unless one left', async () => {
  let loggedIn = true;
  vi.stubGlobal('matchMedia', () => ({ matches: true, addListener: () => {}, removeListener: () => {}, addEventListener: () => {}, removeEventListener: () => {} }));
  vi.stubGlobal('fetch', (_: string, init: RequestInit) => {
    if (init.method === 'POST') {
      if (JSON.parse(String(init.body)).Password !== 'good') return Promise.resolve(new Response(JSON.stringify({ Code: 'WrongPassword', Message: 'the password is wrong' })));
      loggedIn = true;
    }
    if (init.method === 'DELETE') loggedIn = false;
    return Promise.resolve(new Response(JSON.stringify({ LoggedIn: loggedIn, Version: 'v' })));
  });
  await startTranslation();
  const user = userEvent.setup();
  render(<QueryClientProvider client={new QueryClient()}><SessionProvider><Pages /></SessionProvider></QueryClientProvider>);
  await screen.findByText('inside');
  loggedIn = false;
  act(() => recheck());
  await screen.findByLabelText('Password');
  expect(reason()).toBeTruthy();
  await user.type(screen.getByLabelText('Password'), 'bad{Enter}');
  expect(await screen.findByText('The password is wrong.')).toBeTruthy();
  expect(reason()).toBeNull();
  await user.clear(screen.getByLabelText('Password'));
  await user.type(screen.getByLabelText('Password'), 'good{Enter}');
  await screen.findByText('inside');
  await act(() => logout());
  await screen.findByLabelText('Password');
  expect(reason()).toBeNull();
});
