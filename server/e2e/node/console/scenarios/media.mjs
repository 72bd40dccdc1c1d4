import { moves } from '../browser.mjs';

/** Recordings are found, spliced to a new file, and that is played. */
export async function list({ page, expect }) {
  const search = page.getByRole('searchbox');
  await search.fill('nothing is called so');
  await page.getByText('No file is like that.').waitFor();
  await search.fill('morning');
  await page.getByText('4 files').waitFor();
  await page.goto(`${page.url()}&type=mp4`);
  await page.getByText('2 files').waitFor();
  for (const box of await page.getByRole('checkbox', { name: /^Choose .*morning/ }).all()) await box.check();
  await page.getByText('2 chosen').waitFor();
  await page.getByRole('button', { name: 'Splice' }).click();
  const dialog = page.getByRole('dialog').filter({ hasText: 'Splice recordings' });
  await dialog.getByText('What will be joined').waitFor();
  await dialog.getByLabel('Name of the new file').fill('both mornings');
  await dialog.getByRole('button', { name: 'Splice', exact: true }).click();
  await dialog.getByText('The new file is ready').waitFor();
  await dialog.getByRole('button', { name: 'Play' }).click();
  await page.getByRole('heading', { level: 1, name: 'both mornings' }).waitFor();
  const length = await moves(page, 'the spliced file');
  expect(length > 10, `the spliced file has ${length} s`);
  // It knows what it was made of, and so does its task.
  const sources = await page.getByRole('link', { name: /shows\/morning/ }).count();
  expect(sources === 2, `the spliced file names ${sources} sources`);
  await page.getByRole('button', { name: 'Splice', exact: true }).click();
  const tasks = page.getByRole('dialog').filter({ hasText: 'Tasks' });
  await tasks.getByText('Made of').waitFor();
  expect((await tasks.getByRole('link', { name: /shows\/morning/ }).count()) === 2, 'the task does not name its sources');
  await page.keyboard.press('Escape');
}

/** An MP4 plays, and an address of it that can be handed on gives the file to whoever has it. */
export async function file({ page, expect }) {
  await moves(page, 'an MP4');
  await page.getByRole('button', { name: 'Share' }).first().click();
  const dialog = page.getByRole('dialog').filter({ hasText: 'The whole file' });
  const address = await dialog.getByRole('textbox', { name: 'Copy the link' }).or(dialog.locator('textarea')).first().inputValue();
  const answer = await fetch(address, { headers: { Range: 'bytes=0-11' } });
  const head = Buffer.from(await answer.arrayBuffer()).toString('latin1');
  expect(answer.status === 206 && head.includes('ftyp'), `${address} answers ${answer.status} ${JSON.stringify(head)}`);
  await page.keyboard.press('Escape');
  // Whoever opens a link that leads nowhere in a browser reads so on a page.
  const gone = await fetch(new URL('/vod/1/gone.mp4', address), { headers: { Accept: 'text/html,*/*;q=0.8' } });
  const words = await gone.text();
  expect(gone.status === 404 && words.includes('Ask whoever sent it'), `a link to a file that is gone answers ${gone.status} ${words.slice(0, 80)}`);
  // The other recording of the stream is a piece of the same show.
  await page.getByRole('button', { name: 'Splice with the pieces before and after' }).click();
  const around = page.getByRole('dialog').filter({ hasText: 'Splice recordings' });
  await around.getByText(/What will be joined: 2 pieces/).waitFor();
  await page.keyboard.press('Escape');
}

/** An HLS recording plays. */
export async function hls({ page }) {
  await moves(page, 'an HLS recording');
}
