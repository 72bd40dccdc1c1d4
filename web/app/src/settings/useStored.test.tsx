import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { act, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { Form, Input } from 'antd';
import { useStored } from './useStored';

beforeEach(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: true, addListener: () => {}, removeListener: () => {}, addEventListener: () => {}, removeEventListener: () => {} }));
});
afterEach(() => vi.unstubAllGlobals());

let stored = () => {};

function Field({ stored: text }: { stored: string }) {
  const [form] = Form.useForm<{ text: string }>();
  const { changed, take, saving } = useStored(form, { text });
  return (
    <Form form={form} initialValues={{ text }} onFinish={() => { stored = saving(); }}>
      <Form.Item name="text" label="Text">
        <Input />
      </Form.Item>
      {changed && <button type="button" onClick={take}>theirs</button>}
      <button type="submit">save</button>
    </Form>
  );
}

/** Sends the form; the answer comes when stored is called. */
async function save() {
  stored = () => {};
  const before = stored;
  fireEvent.click(screen.getByText('save'));
  await waitFor(() => expect(stored).not.toBe(before));
}

const value = () => screen.getByLabelText<HTMLInputElement>('Text').value;
const type = (text: string) => fireEvent.change(screen.getByLabelText('Text'), { target: { value: text } });

it('follows what others change until somebody types, and then says so', () => {
  const { rerender } = render(<Field stored="a" />);
  rerender(<Field stored="b" />);
  expect(value()).toBe('b');
  type('mine');
  expect(screen.queryByText('theirs')).toBeNull();
  rerender(<Field stored="c" />);
  expect(value()).toBe('mine');
  fireEvent.click(screen.getByText('theirs'));
  expect(value()).toBe('c');
  expect(screen.queryByText('theirs')).toBeNull();
  rerender(<Field stored="d" />);
  expect(value()).toBe('d');
});

it('is as new after it was saved', async () => {
  const { rerender } = render(<Field stored="a" />);
  type('mine');
  await save();
  act(() => stored());
  rerender(<Field stored="mine" />);
  expect(screen.queryByText('theirs')).toBeNull();
  rerender(<Field stored="theirs" />);
  expect(value()).toBe('theirs');
});

it.each(['before', 'after'])('keeps what is typed while it is being saved, with what was saved known %s the answer', async (when) => {
  const { rerender } = render(<Field stored="a" />);
  type('mine');
  await save();
  if (when === 'before') rerender(<Field stored="mine" />);
  type('more');
  act(() => stored());
  rerender(<Field stored="mine" />);
  expect(value()).toBe('more');
  expect(screen.queryByText('theirs')).toBeNull();
  rerender(<Field stored="theirs" />);
  expect(value()).toBe('more');
  expect(screen.getByText('theirs')).toBeTruthy();
});
