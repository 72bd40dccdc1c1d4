import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { act, render, screen } from '@testing-library/react';
import { Sections } from './Sections';

let width = 1440;
const listeners = new Set<() => void>();
beforeEach(() => {
  width = 1440;
  vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} });
  vi.stubGlobal('matchMedia', (query: string) => {
    const matches = () => {
      const least = /min-width: ?(\d+)/.exec(query);
      const most = /max-width: ?(\d+)/.exec(query);
      return (!least || width >= Number(least[1])) && (!most || width <= Number(most[1]));
    };
    const told = new Map<unknown, () => void>();
    const add = (then: (event: { matches: boolean }) => void) => {
      const tell = () => then({ matches: matches() });
      told.set(then, tell);
      listeners.add(tell);
    };
    const remove = (then: unknown) => listeners.delete(told.get(then)!);
    return {
      get matches() { return matches(); },
      media: query, addListener: add, removeListener: remove,
      addEventListener: (_: string, then: (event: { matches: boolean }) => void) => add(then),
      removeEventListener: (_: string, then: unknown) => remove(then),
    };
  });
});
afterEach(() => vi.unstubAllGlobals());

it('keeps what is typed when a phone is turned', () => {
  render(<Sections label="Section" active="a" onChange={() => {}} items={[{ key: 'a', label: 'A' }, { key: 'b', label: 'B' }]}><input aria-label="Name" /></Sections>);
  const field = screen.getByLabelText<HTMLInputElement>('Name');
  field.value = 'typed';
  expect(screen.getAllByRole('tab')).toHaveLength(2);
  act(() => {
    width = 390;
    listeners.forEach((tell) => tell());
  });
  expect(screen.queryAllByRole('tab')).toHaveLength(0);
  expect(screen.getByRole('combobox', { name: 'Section' })).toBeTruthy();
  expect(screen.getByLabelText('Name')).toBe(field);
});
