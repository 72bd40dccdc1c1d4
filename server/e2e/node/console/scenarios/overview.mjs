/** What is live shows with its rates, names from publishers are text, and who hears nothing of the server is told. */
export default async function overview({ page, input, expect }) {
  const cards = page.locator('.panel').filter({ hasText: `live/${input.live}` });
  await cards.getByText(/\d+ fps/).first().waitFor();
  await cards.getByText(/(Mbit|kbit)\/s/).first().waitFor();
  for (const name of input.strange) {
    const shown = page.getByText(name.shown, { exact: false }).first();
    await shown.waitFor();
    expect((await shown.innerText()).includes(name.shown), `${name.shown} is shown as ${await shown.innerText()}`);
  }
  await page.getByRole('heading', { name: 'Last recordings' }).waitFor();
  const tile = page.locator('.figures').getByRole('link', { name: 'Recordings under way' });
  expect((await tile.getAttribute('href')).endsWith('/media?status=Recording'), 'a figure leads nowhere');
  await page.route('**/console/events', (route) => route.fulfill({ status: 204 }));
  try {
    await page.reload();
    await page.getByText('The server does not answer. Trying again').waitFor();
  } finally {
    await page.unroute('**/console/events');
  }
  await page.getByText('The server does not answer. Trying again').waitFor({ state: 'detached' });
  await cards.first().waitFor();
}
