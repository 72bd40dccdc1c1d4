/** Calls an action as a program does, and returns the code of the error it is answered; empty if there is none. */
async function program(input, pair) {
  const headers = { Authorization: `Basic ${Buffer.from(pair).toString('base64')}`, 'Content-Type': 'application/json', 'X-TC-Action': 'DescribeLiveDomains', 'X-TC-Version': '2018-08-01' };
  const answer = await fetch(`${input.url}/`, { method: 'POST', headers, body: '{}' });
  return (await answer.json()).Response.Error?.Code ?? '';
}

const name = 'Newsroom <b>';

/** A key is made, shown once, used, disabled, enabled and deleted; what it may do changes at once. */
export async function keys({ page, input, expect }) {
  await page.getByRole('button', { name: 'Make a key' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('What it is for').fill(name);
  await dialog.getByRole('button', { name: 'Make a key' }).click();
  await dialog.getByText('The key is made').waitFor();
  const pair = (await dialog.locator('code').allInnerTexts()).find((text) => text.includes(':'));
  await dialog.getByRole('button', { name: 'I have stored it' }).click();
  await page.getByText(name, { exact: true }).waitFor();
  expect(!(await page.content()).includes(pair.split(':')[1]), 'the secret is still on the page');
  expect((await program(input, pair)) === '', 'the new key is refused');
  const change = async (button, action, sure) => {
    const answered = page.waitForResponse((r) => r.request().headers()['x-tc-action'] === action);
    await page.getByRole('button', { name: `${button}: ${name}`, exact: true }).click();
    if (sure) await page.locator('.ant-popconfirm:visible').getByRole('button', { name: button }).click();
    await answered;
  };
  await change('Disable', 'UpdateAccessKey', true);
  expect((await program(input, pair)) !== '', 'a disabled key is good');
  await change('Enable', 'UpdateAccessKey', false);
  expect((await program(input, pair)) === '', 'a key that was enabled again is refused');
  await change('Delete', 'DeleteAccessKey', true);
  expect((await program(input, pair)) !== '', 'a deleted key is good');
  await page.getByText(name, { exact: true }).waitFor({ state: 'detached' });
}

/** The log is there, shows at once what is done elsewhere, and can be searched. */
export async function audit({ page, input, expect }) {
  await page.getByRole('cell', { name: 'Login console' }).first().waitFor();
  const other = await page.context().newPage();
  await other.goto(`${input.url}/console/settings/apps`);
  await other.getByRole('button', { name: 'New class', exact: true }).click();
  await other.getByRole('dialog').getByLabel('Name').fill('Seen in the log');
  await other.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByText('ClassName: Seen in the log').waitFor();
  await other.getByRole('button', { name: 'Delete Seen in the log' }).click();
  await other.locator('.ant-popconfirm').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('cell', { name: 'DeleteClass vod' }).first().waitFor();
  await other.close();
  await page.getByRole('row').filter({ hasText: 'ClassName: Seen in the log' }).first().getByRole('button', { name: /^Details/ }).click();
  const drawer = page.getByRole('dialog').filter({ hasText: 'Request ID' });
  expect((await drawer.innerText()).includes('"ClassName": "Seen in the log"'), 'an entry does not show its parameters');
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'hidden' });
  await page.getByPlaceholder('Find a request ID').fill('none has this one');
  await page.keyboard.press('Enter');
  await page.getByText('Nothing fits.').waitFor();
  expect(page.url().includes('request='), `the address does not say what is looked for: ${page.url()}`);
  await page.getByRole('button', { name: 'Show everything' }).click();
  await page.getByRole('cell', { name: 'Login console' }).first().waitFor();
}

/** Somebody else logs in, is seen at once, and is logged out; a wrong password changes nothing. */
export async function sessions({ page, input, expect }) {
  const rows = page.getByRole('button', { name: /^Log out: / });
  const before = await rows.count();
  const context = await page.context().browser().newContext({ locale: 'en-US' });
  const other = await context.newPage();
  await other.goto(`${input.url}/console/`);
  await other.getByLabel('Password', { exact: true }).fill(input.password);
  await other.keyboard.press('Enter');
  await other.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  await rows.nth(before).waitFor(); // told by the server: nobody asked again
  await page.getByRole('button', { name: 'Log out all others' }).click();
  await page.locator('.ant-popconfirm').getByRole('button', { name: 'Log out all others' }).click();
  // The page of whoever was logged out says so by itself.
  await other.getByLabel('Password', { exact: true }).waitFor();
  await other.getByText('You were logged out').waitFor();
  await context.close();
  await page.getByText('Nobody else is logged in.').waitFor();
  expect((await rows.count()) === 0, 'sessions are left');
  await page.getByLabel('Present password').fill(`${input.password}x`);
  await page.getByLabel('New password', { exact: true }).fill('battery staple');
  await page.getByLabel('New password, once more').fill('battery staple');
  await page.getByRole('button', { name: 'Change the password' }).click();
  await page.getByText('The present password is wrong.').waitFor();
}
