/** A template is made and tried, what it sent is looked at and sent again, and it is deleted. */
export default async function callbacks({ page, input, expect }) {
  await page.getByRole('button', { name: 'New template' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('A template needs a name.').waitFor();
  await page.getByLabel('Name').fill('tried_out');
  await page.getByLabel('Push begins (1)').fill('nonsense');
  await page.getByText('Not an address such as').waitFor();
  await page.getByLabel('Push begins (1)').fill(input.refuses);
  await page.getByRole('button', { name: 'Make one' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Check the signature').waitFor();
  const sample = page.getByText('const key = ');
  expect((await sample.innerText()).includes('const key = "********"'), 'the code shows the key unasked');
  expect((await page.evaluate(() => window.scrollY)) === 0, 'the page of a template that was made does not begin at its top');
  await page.getByRole('button', { name: 'Show the key' }).click();
  const code = await sample.innerText();
  expect(/const key = "[0-9a-f]{40}"/.test(code), 'the code to check the signature has not the key of the template');

  await page.getByRole('button', { name: 'Test tried_out' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Send', exact: true }).click();
  await dialog.getByText('HTTP 503').waitFor();
  await dialog.getByText('The receiver failed.').waitFor();
  const shown = await dialog.innerText();
  for (const text of ['X-Aircheck-Test: 1', 'X-Aircheck-Signature: ', '<script>pwned=1</script>', 'X-Receiver: <img src=x']) expect(shown.includes(text), `the test does not show ${text}`);
  await dialog.getByLabel('Address').fill(input.receiver);
  await dialog.getByRole('button', { name: 'Send again' }).click();
  await dialog.getByText('Delivered · HTTP 200').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });

  await page.getByRole('link', { name: 'All templates' }).click();
  await page.getByRole('button', { name: 'Delete tried_out' }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByText('tried_out').waitFor({ state: 'detached' });

  // What was sent when a push began stands in the log, and is sent again.
  await page.goto(`${input.url}/console/callbacks/log?stream=${input.live}&event=1`);
  const row = page.locator('tbody tr').filter({ hasText: `live/${input.live}` });
  await row.first().getByRole('button', { name: /^Show/ }).click();
  const drawer = page.getByRole('dialog');
  await drawer.getByText('"event_type": 1').waitFor();
  await drawer.getByRole('button', { name: 'Send again' }).click();
  await page.getByText('1 event is sent again.').waitFor();
  await drawer.getByText('this is the new try').waitFor();
  await page.keyboard.press('Escape');
  await row.nth(1).waitFor();
}
