import { useState } from 'react';
import { beforeEach, expect, it, vi } from 'vitest';
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Drawer, Modal } from 'antd';
import { useGiveBack } from './giveBack';

beforeEach(() => {
  // There is no layout here: what is in the page is seen, unless it says otherwise.
  vi.spyOn(Element.prototype, 'getClientRects').mockImplementation(function (this: Element) {
    return (this.closest('[hidden]') ? [] : [{}]) as unknown as DOMRectList;
  });
});

function Page() {
  useGiveBack();
  const [menu, setMenu] = useState(false);
  const [open, setOpen] = useState(false);
  const [drawer, setDrawer] = useState(false);
  return (
    <>
      <button onClick={() => setMenu(true)}>More</button>
      <div hidden={!menu}>
        <button onClick={() => { setMenu(false); setOpen(true); }}>Edit</button>
      </div>
      <button onClick={() => setDrawer(true)}>Details</button>
      {drawer && <Drawer open title="All of it" onClose={() => setDrawer(false)}>text</Drawer>}
      {open && <Modal open title="Edit it" onCancel={() => setOpen(false)}><input aria-label="Name" /></Modal>}
    </>
  );
}

it('gives the focus back that a dialog had which is gone', async () => {
  const user = userEvent.setup();
  render(<Page />);
  await user.click(screen.getByText('More'));
  await user.click(screen.getByText('Edit'));
  await user.click(await screen.findByLabelText('Name'));
  await user.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  // The menu item is hidden meanwhile.
  await waitFor(() => expect(document.activeElement).toBe(screen.getByText('More')));
});

it('gives the focus back that a drawer had as a whole', async () => {
  const user = userEvent.setup();
  render(<Page />);
  await user.click(screen.getByText('Details'));
  await screen.findByRole('dialog');
  document.querySelector<HTMLElement>('.ant-drawer')?.focus();
  await user.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  await waitFor(() => expect(document.activeElement).toBe(screen.getByText('Details')));
});
