import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { MemoryRouter } from 'react-router';
import { startTranslation } from '../i18n';
import Explorer from '../pages/Explorer';

const action = (Product: string, Action: string, Changes: boolean) => ({ Product, Action, Version: '2018-07-17', Changes, Doc: '', Parameters: [], Answer: [] });
const ActionSet = [action('vod', 'SearchMedia', false), action('vod', 'CreateClass', true)];

beforeEach(async () => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addListener: () => {}, removeListener: () => {}, addEventListener: () => {}, removeEventListener: () => {} }));
  vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} });
  vi.stubGlobal('fetch', (_: string, init: RequestInit) => {
    const answers: Record<string, object> = {
      DescribeActions: { ActionSet, StructureSet: [] },
      SearchMedia: { TotalCount: 7 },
      CreateClass: { Error: { Code: 'MissingParameter', Message: 'ClassName: is missing' } },
    };
    return Promise.resolve(new Response(JSON.stringify({ Response: { ...answers[(init.headers as Record<string, string>)['X-TC-Action']!], RequestId: 'r' } })));
  });
  await startTranslation();
});
afterEach(() => vi.unstubAllGlobals());

const at = (path: string) =>
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <MemoryRouter initialEntries={[path]}>
        <Explorer />
      </MemoryRouter>
    </QueryClientProvider>,
  );

it.each(['/explorer/xyz', '/explorer/tv/SearchMedia', '/explorer/a/b/c', '/explorer/%E0%A4%A'])('says before the list that there is nothing at %s, and leads back', async (path) => {
  at(path);
  const note = await screen.findByText(/^There is no action/);
  const list = screen.getByLabelText('Find an action');
  expect(note.compareDocumentPosition(list) & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'All actions' }));
  expect(await screen.findByText(/^Choose an action/)).toBeTruthy();
});

it.each([
  ['SearchMedia', /"TotalCount": 7/],
  ['CreateClass', 'ClassName: is missing'],
])('brings the answer of %s into sight', async (name, text) => {
  const seen = vi.fn();
  Element.prototype.scrollIntoView = seen;
  at(`/explorer/vod/${name}`);
  await userEvent.click(await screen.findByRole('button', { name: 'Call it' }));
  const answer = await screen.findByText(text);
  expect(seen.mock.contexts.some((element) => element instanceof Element && element.contains(answer))).toBe(true);
});
