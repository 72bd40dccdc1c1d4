import { expect, it, vi } from 'vitest';
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { ConfigProvider } from 'antd';
import { Popconfirm } from './Popconfirm';

it('can be answered with keys, and is answered with no unless one chooses', async () => {
  vi.stubGlobal('ResizeObserver', class { observe() {} unobserve() {} disconnect() {} });
  const user = userEvent.setup();
  const yes = vi.fn();
  render(
    <ConfigProvider theme={{ token: { motion: false } }}>
      <Popconfirm title="Sure?" okText="Yes" cancelText="No" onConfirm={yes}><button>Delete</button></Popconfirm>
    </ConfigProvider>,
  );
  const button = screen.getByText('Delete');
  for (const keys of ['{Enter}', '{Tab}{Enter}']) {
    button.focus();
    await user.keyboard('{Enter}');
    await waitFor(() => expect(document.activeElement?.textContent).toBe('No'));
    expect(yes).not.toHaveBeenCalled();
    await user.keyboard(keys);
    await waitFor(() => expect(document.activeElement).toBe(button));
  }
  expect(yes).toHaveBeenCalledTimes(1);
});
