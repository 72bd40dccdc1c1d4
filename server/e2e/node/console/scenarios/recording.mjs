/** A template is made, and one that cannot be is refused where it is typed. */
export async function templates({ page, expect }) {
  await page.getByRole('link', { name: 'New template' }).or(page.getByRole('button', { name: 'New template' })).first().click();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('A template needs a name').first().waitFor();
  await page.locator('#TemplateName').fill('bad name');
  await page.getByText('Only letters').first().waitFor();
  await page.locator('#TemplateName').fill('tried-out');
  await page.getByRole('switch', { name: 'Record HLS' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'New template' }).or(page.getByRole('link', { name: 'New template' })).first().waitFor();
  expect(await page.getByText('tried-out').first().isVisible(), 'the new template is not listed');
}

/** Who wins is told while one types, and a rule gets another template, and its own again. */
export async function rules({ page, expect }) {
  await page.locator('#explain-domain').fill('localhost');
  await page.locator('#explain-app').fill('shows');
  await page.locator('#explain-stream').fill('evening');
  await page.getByText(/Is recorded/).first().waitFor();
  const row = page.locator('tbody tr').filter({ hasText: 'localhost/shows/*' });
  const was = await row.locator('a[href*="/recording/templates/"]').innerText();
  for (const name of ['default', was]) {
    await row.getByRole('button', { name: 'Change the template' }).click();
    const dialog = page.getByRole('dialog').filter({ hasText: 'Change the template' });
    expect(await dialog.getByRole('button', { name: 'Use this template' }).isDisabled(), 'the same template can be chosen again');
    await dialog.getByLabel('Template').click();
    await page.locator('.ant-select-item-option').filter({ hasText: `${name} – ` }).click();
    await dialog.getByRole('button', { name: 'Use this template' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await row.getByRole('link', { name, exact: true }).waitFor();
  }
}

/** A record task for what is live is made, found under its address, stopped and deleted. */
export async function tasks({ page, input, expect }) {
  await page.getByRole('button', { name: `New task for live/${input.live}` }).click();
  await page.getByText('New record task').waitFor();
  await page.getByRole('button', { name: 'Make the task' }).click();
  const drawer = page.getByRole('dialog').filter({ hasText: `live/${input.live}` });
  await drawer.getByRole('button', { name: 'Stop' }).click();
  expect(/\/recording\/tasks\/[^/]+$/.test(new URL(page.url()).pathname), `a task has the address ${page.url()}`);
  await page.locator('.ant-popconfirm').getByRole('button', { name: 'Stop' }).click();
  await drawer.getByText('Stopped').first().waitFor();
  await drawer.getByRole('button', { name: 'Delete' }).click();
  await page.locator('.ant-popconfirm').getByRole('button', { name: 'Delete' }).click();
  await drawer.waitFor({ state: 'hidden' });
}
