import { beforeEach, expect, it, vi } from 'vitest';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Link, MemoryRouter, Route, Routes, useNavigate } from 'react-router';
import { Page } from './Page';

const scroll = vi.fn();
beforeEach(() => {
  scroll.mockClear();
  vi.stubGlobal('scrollTo', scroll);
});

function Tasks() {
  const navigate = useNavigate();
  return (
    <Page title="Tasks">
      <button onClick={() => void navigate('/recording/tasks/7')}>open</button>
      <Link to="/media">go</Link>
    </Page>
  );
}

const heading = () => screen.getByRole('heading', { level: 1 });

it('takes those who go to another page to its heading, and to its top', async () => {
  const user = userEvent.setup();
  render(
    <MemoryRouter initialEntries={['/recording/tasks']}>
      <Routes>
        <Route path="recording/*" element={<Tasks />} />
        <Route path="media" element={<Page title="Media"><Link to="/media/1">file</Link></Page>} />
        <Route path="media/1" element={<Page title="File" />} />
      </Routes>
    </MemoryRouter>,
  );
  // A page that is loaded is begun by the browser.
  expect(document.activeElement).toBe(document.body);
  // What opens over a page takes the focus itself.
  await user.click(screen.getByText('open'));
  expect(document.activeElement).toBe(screen.getByText('open'));
  expect(scroll).not.toHaveBeenCalled();
  await user.click(screen.getByText('go'));
  expect(heading().textContent).toBe('Media');
  expect(document.activeElement).toBe(heading());
  expect(scroll).toHaveBeenCalledTimes(1);
  // The link is gone with its page.
  await user.click(screen.getByText('file'));
  expect(document.activeElement).toBe(heading());
  expect(scroll).toHaveBeenCalledTimes(2);
});
