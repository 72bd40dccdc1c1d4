import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fireEvent, render, screen } from '@testing-library/react';
import { Form, Input } from 'antd';
import { useStored } from './useStored';

beforeEach(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: true, addListener: () => {}, removeListener: () => {}, addEventListener: () => {}, removeEventListener: () => {} }));
});
afterEach(() => vi.unstubAllGlobals());

function Field({ stored }: { stored: string }) {
  const [form] = Form.useForm<{ text: string }>();
  const { changed, take, saved } = useStored(form, { text: stored });
  return (
    <Form form={form} initialValues={{ text: stored }} onFinish={saved}>
      <Form.Item name="text" label="Text">
        <Input />
      </Form.Item>
      {changed && <button type="button" onClick={take}>theirs</button>}
      <button type="submit">save</button>
    </Form>
  );
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
  fireEvent.click(screen.getByText('save'));
  await screen.findByText('save');
  await Promise.resolve();
  rerender(<Field stored="mine" />);
  expect(screen.queryByText('theirs')).toBeNull();
  rerender(<Field stored="theirs" />);
  expect(value()).toBe('theirs');
});
