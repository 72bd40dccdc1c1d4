import { moves } from '../browser.mjs';

/** A stream is found and watched in the list, and addresses are made for one that is to come. */
export async function streams({ page, input, expect }) {
  await page.getByPlaceholder('Find by name, app, domain or address').fill(input.live);
  await page.getByRole('button', { name: 'Watch', exact: false }).nth(1).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: `Watch live/${input.live}` }).click();
  await moves(page, 'the live player of the list');
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Push a stream' }).click();
  const drawer = page.getByRole('dialog').filter({ hasText: 'Push domain' });
  await drawer.getByLabel('Stream name').fill('tomorrow');
  await drawer.getByText('tomorrow', { exact: false }).first().waitFor();
  await drawer.getByRole('tab', { name: 'ffmpeg' }).click();
  await drawer.getByText(/ffmpeg .*rtmp:\/\/.*\/live\/tomorrow/).first().waitFor();
  await drawer.getByRole('tab', { name: 'OBS' }).click();
  const codes = await drawer.locator('code').allInnerTexts();
  expect(codes.some((text) => /^rtmp:\/\/.*\/live$/.test(text)) && codes.some((text) => text.startsWith('tomorrow')), `OBS is told ${codes.join(' and ')}`);
  await drawer.getByText('These addresses work on this machine only.').waitFor();
  await drawer.getByLabel(/^Server’s host name/).fill('media.example.com');
  await drawer.getByText(/^rtmp:\/\/media\.example\.com:\d+\/live$/).waitFor();
  expect((await drawer.getByText('These addresses work on this machine only.').count()) === 0, 'an address of another name is said to be for this machine alone');
  await drawer.getByRole('button', { name: /^QR code of RTMP/ }).first().click();
  await page.getByRole('dialog').locator('svg[aria-label^="QR code"], [aria-label^="QR code"] svg, [role="img"][aria-label^="QR code"]').first().waitFor();
}

/** A stream plays on its own page and is recorded by hand beside its rules; one that is not live is forbidden and allowed again. */
export async function stream({ page, input, expect }) {
  await moves(page, 'the live player');
  await page.getByRole('button', { name: 'Record now' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Record', exact: true }).click();
  await page.getByText(/by a record task/).first().waitFor();
  await page.getByRole('button', { name: 'Stop recording' }).click();
  await page.locator('.ant-popconfirm').getByRole('button', { name: 'Stop recording' }).click();
  await page.getByText(/by a record task/).first().waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Record now' }).waitFor();
  await page.goto(`${input.url}/console/streams/localhost/live/finished`);
  await page.getByRole('button', { name: 'Forbid' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('<b>late</b>');
  await dialog.getByRole('button', { name: 'Forbid' }).click();
  await page.getByText('Forbidden until').first().waitFor();
  await page.goto(`${input.url}/console/streams?tab=forbidden`);
  const row = page.locator('tbody tr').filter({ hasText: 'live/finished' });
  expect((await row.innerText()).includes('<b>late</b>'), 'the reason is not shown');
  await row.getByRole('button', { name: 'Allow again' }).click();
  await page.getByText('No stream is forbidden').waitFor();
}

/** A source is added, paused, changed, goes on and is deleted. */
export async function pulls({ page, expect }) {
  await page.getByRole('button', { name: 'Add a source' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await dialog.getByText('Needed').first().waitFor();
  // Nobody is there: what becomes of it is the business of other tests.
  await dialog.getByLabel('Fetch from').fill('rtsp://127.0.0.1:9/first');
  await dialog.getByLabel('Stream name').fill('fetched');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  const row = page.locator('tbody tr').filter({ hasText: 'live/fetched' });
  await row.getByText('rtsp://127.0.0.1:9/first').waitFor();
  await row.getByRole('button', { name: 'Pause' }).click();
  await row.getByText('Paused').waitFor();
  await row.getByRole('button', { name: 'Change' }).click();
  expect((await dialog.getByLabel('Fetch from').inputValue()) === 'rtsp://127.0.0.1:9/first', 'the form does not have the address of the source');
  await dialog.getByLabel('Fetch from').fill('rtsp://127.0.0.1:9/second');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await row.getByText('rtsp://127.0.0.1:9/second').waitFor();
  await row.getByText('Paused').waitFor();
  await row.getByRole('button', { name: 'Go on' }).click();
  await row.getByText(/Connecting|Waiting/).first().waitFor();
  await row.getByRole('button', { name: 'Delete' }).click();
  await page.locator('.ant-popconfirm').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('No sources').waitFor();
}
