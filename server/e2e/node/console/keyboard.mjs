import { frames, settle } from './browser.mjs';

/** Goes from page to page without a mouse. */
export async function keyboard({ page, input, expect }) {
  await page.goto(`${input.url}/console/`);
  await settle(page);
  const menu = page.getByRole('navigation');
  const items = menu.getByRole('menuitem');
  const count = await items.count();
  expect(count >= 7, `keyboard: the menu has ${count} pages`);
  const titles = new Set();
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim());
  await page.keyboard.press('Tab');
  expect((await focused()) === 'To the content', `keyboard: the first is ${await focused()}`);
  await page.keyboard.press('Enter');
  expect(await page.locator('main').evaluate((main) => main === document.activeElement), 'keyboard: the menu cannot be passed over');
  for (let i = 0; i < count; i++) {
    // By tabulator back into the menu, by arrows to the page, by the enter key to it.
    let inside = false;
    for (let presses = 0; !inside && presses < 40; presses++) {
      await page.keyboard.press('Shift+Tab');
      inside = await menu.evaluate((nav) => nav.contains(document.activeElement));
    }
    expect(inside, 'keyboard: the tabulator does not reach the menu');
    const name = (await items.nth(i).innerText()).trim();
    for (let presses = 0; (await focused()) !== name && presses < 2 * count; presses++) {
      await page.keyboard.press('ArrowDown');
      await frames(page);
    }
    await page.keyboard.press('Enter');
    const heading = page.getByRole('heading', { level: 1, name, exact: true });
    await heading.waitFor().catch(() => expect(false, `keyboard: ${name} is not reached`));
    if (i > 0) expect(await heading.evaluate((h1) => h1 === document.activeElement), `keyboard: the heading of ${name} has not the focus`);
    titles.add(name);
  }
  expect(titles.size === count, `keyboard: ${[...titles].join(', ')}`);
  // The menu of a phone opens and closes.
  await page.setViewportSize({ width: 390, height: 800 });
  const button = page.getByRole('button', { name: 'Menu' });
  await button.focus();
  await page.keyboard.press('Enter');
  const drawer = page.getByRole('dialog');
  await drawer.getByRole('menuitem').first().waitFor();
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'hidden' });
}
