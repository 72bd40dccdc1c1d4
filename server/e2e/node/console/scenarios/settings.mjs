import { moves } from '../browser.mjs';

/** A domain is added, its key is set, and it is deleted; the built-in one cannot be, and one that is not there is said to be none. */
export async function domains({ page, input, expect }) {
  await page.getByText('Built in').waitFor();
  expect((await page.getByRole('button', { name: 'Delete localhost' }).count()) === 0, 'the built-in domain can be deleted');
  await page.getByRole('button', { name: 'Add a domain' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Domain').fill('not a domain');
  await dialog.getByRole('button', { name: 'Add a domain' }).click();
  await dialog.getByRole('alert').first().waitFor();
  await dialog.getByLabel('Domain').fill('push.example.com');
  await dialog.getByRole('button', { name: 'Add a domain' }).click();
  await page.getByRole('button', { name: 'Keys push.example.com' }).click();
  const drawer = page.getByRole('dialog').filter({ hasText: 'Push key' });
  await drawer.getByRole('button', { name: 'Make a random key' }).first().click();
  await drawer.getByRole('button', { name: 'Save' }).first().click();
  await page.getByText('Saved').waitFor();
  await backup(drawer, page, expect);
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Delete push.example.com' }).click();
  await page.locator('.ant-popconfirm').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('push.example.com').first().waitFor({ state: 'detached' });
  await page.goto(`${input.url}/console/settings/domains/${encodeURIComponent('<b>gone</b>.example.com')}`);
  await page.getByText('There is no domain <b>gone</b>.example.com here.').waitFor();
}

/** The other key is set and taken away, and what somebody else changes shows at once unless one types over it. */
async function backup(drawer, page, expect) {
  const field = drawer.getByLabel('Backup key').first();
  const call = (params) =>
    page.evaluate(async (body) => {
      const { Csrf } = await (await fetch('/console/session')).json();
      const headers = { 'Content-Type': 'application/json', 'X-TC-Action': body.Show ? 'DescribeLivePushAuthKey' : 'ModifyLivePushAuthKey', 'X-TC-Version': '2018-08-01', 'X-Aircheck-Csrf': Csrf };
      return (await (await fetch('/', { method: 'POST', headers, body: JSON.stringify({ DomainName: 'push.example.com', ...body.Change }) })).json()).Response;
    }, params);
  const save = async () => {
    const answered = page.waitForResponse((r) => r.request().headers()['x-tc-action'] === 'ModifyLivePushAuthKey');
    await drawer.getByRole('button', { name: 'Save' }).first().click();
    await answered;
  };
  await field.fill('another');
  await save();
  await field.fill('');
  await save();
  const left = (await call({ Show: true })).PushAuthKeyInfo.BackupAuthKey;
  expect(left === '', `the backup key that was taken away is still ${left}`);
  await page.waitForFunction(() => !document.querySelector('.ant-btn-loading'));
  await call({ Change: { BackupAuthKey: 'theirs' } });
  await page.waitForFunction(() => document.querySelector('#push_Backup').value === 'theirs');
  await field.fill('mine');
  await call({ Change: { BackupAuthKey: 'theirs-too' } });
  await drawer.getByText('Somebody else has changed this meanwhile').waitFor();
  expect((await field.inputValue()) === 'mine', 'what is typed was replaced');
  await drawer.getByRole('button', { name: 'Show theirs' }).click();
  await page.waitForFunction(() => document.querySelector('#push_Backup').value === 'theirs-too');
}

/** Files are for certain pages alone, or for signed addresses, and then for everybody again; the console plays them in any case. */
export async function files({ page, input, expect }) {
  const address = `${input.url}/vod/${input.mp4[1]}/f.mp4`;
  const status = async () => (await fetch(address, { headers: { Range: 'bytes=0-1' } })).status;
  const part = page.locator('.ant-card').filter({ hasText: 'Only signed addresses play' });
  const save = async () => {
    const answered = page.waitForResponse((r) => r.request().headers()['x-tc-action'] === 'ModifyVodDomainConfig');
    await part.getByRole('button', { name: 'Save' }).click();
    await answered;
  };
  expect((await status()) === 206, `${address} is refused from the beginning`);
  await part.getByRole('switch').click();
  await part.getByLabel('Key', { exact: true }).fill('short');
  await part.getByText('8 to 20 letters and digits').waitFor();
  await part.getByRole('button', { name: 'Make a random key' }).first().click();
  await save();
  expect((await status()) === 403, 'a file plays without a signature');
  await part.getByRole('switch').click();
  await save();
  expect((await status()) === 206, 'a file does not play any more');
  const pages = page.locator('form#referers');
  const list = async () => {
    const answered = page.waitForResponse((r) => r.request().headers()['x-tc-action'] === 'ModifyVodDomainConfig');
    await pages.getByRole('button', { name: 'Save' }).click();
    await answered;
  };
  await pages.getByLabel('Only these').check();
  await pages.getByLabel('Hosts, one a line').fill('www.example.com');
  await list();
  expect((await status()) === 403, 'a file plays although no page was named');
  for (const id of [input.mp4[1], input.hls[0]]) {
    const viewer = await page.context().newPage();
    await viewer.goto(`${input.url}/console/media/${id}`);
    await moves(viewer, `${id}, which only pages of others may play,`);
    expect((await viewer.request.get(address)).status() === 403, 'an address that is opened by itself plays for whoever is logged in');
    await viewer.close();
  }
  await pages.getByLabel('All pages').check();
  await list();
  const origins = page.locator('.ant-card').filter({ hasText: 'Origins, one a line' });
  await origins.getByLabel('Origins, one a line').fill('example.com');
  await origins.getByRole('button', { name: 'Save' }).click();
  await origins.getByText('is no origin such as').waitFor();
}

/** Sub-applications and classes are made, renamed and deleted. */
export async function apps({ page }) {
  const dialog = page.getByRole('dialog');
  const name = async (text) => {
    await dialog.getByLabel('Name').fill(text);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
  };
  const confirm = (button) => page.locator('.ant-popconfirm').getByRole('button', { name: button }).click();
  await page.getByRole('button', { name: 'New class', exact: true }).click();
  await name('News <b>');
  await page.getByRole('button', { name: 'New class below News <b>' }).click();
  await name('Sport');
  await page.getByRole('button', { name: 'Rename Sport' }).click();
  await name('Weather');
  await page.getByRole('button', { name: 'Delete News <b>' }).click();
  await confirm('Delete');
  await page.getByRole('alert').first().waitFor(); // there is a class below it
  await page.getByRole('button', { name: 'Delete Weather' }).click();
  await confirm('Delete');
  await page.getByText('Weather', { exact: true }).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'New sub-application' }).click();
  await name('Newsroom');
  await page.getByRole('button', { name: 'Switch off Newsroom' }).click();
  await confirm('Switch off');
  await page.getByRole('button', { name: 'Switch on Newsroom' }).click();
  await page.getByRole('button', { name: 'Destroy Newsroom' }).click();
  await confirm('Destroy');
  await page.getByText('Destroyed').waitFor();
}
