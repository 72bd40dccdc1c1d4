// Looks at every page of the console as people do. INPUT is JSON: {url, password, out, live, recorded, long, ...} as console_test.go makes it.
// Each line that is printed is a JSON object: {finding} is something wrong, {note} a figure worth knowing.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { barriers, frames, launch, loaded, open, settle, tooWide } from './browser.mjs';
import { keyboard } from './keyboard.mjs';
import { pages } from './pages.mjs';

const input = JSON.parse(process.env.INPUT);
const only = process.env.CONSOLE_PAGES ? new RegExp(process.env.CONSOLE_PAGES) : /./;
const say = (line) => console.log(JSON.stringify(line));

/** Keeps a picture of what is shown, if pictures are kept: they take a third of the time. */
const shoot = (page, name, more) => (input.out ? page.screenshot({ path: join(input.out, `${name}.png`), ...more }) : undefined);

/** How much may be loaded until the overview shows, in bytes. */
const maxFirstLoad = 300_000;

/** What was looked at last in a window, for what is told of it. */
function reporter() {
  const at = { name: 'start' };
  const report = (text) => say({ finding: `${at.name}: ${text}` });
  return { at, report, expect: (ok, text) => ok || report(text) };
}

/** Logs in as on the first day: with a wrong password first. Returns the login. */
async function firstLogin(browser) {
  const { at, report, expect } = reporter();
  at.name = 'login';
  const page = await open(browser, { language: 'en', report });
  const answer = await page.goto(`${input.url}/console/`);
  const policy = answer.headers()['content-security-policy'] ?? '';
  const scripts = policy.match(/script-src[^;]*/)?.[0] ?? policy.match(/default-src[^;]*/)?.[0] ?? '';
  expect(scripts.includes("'self'") && !scripts.includes('unsafe') && policy.includes("object-src 'none'"), `policy: ${policy}`);
  const password = page.getByLabel('Password', { exact: true });
  await password.fill(`${input.password}x`);
  await password.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'wrong' }).first().waitFor();
  for (const text of await barriers(page)) report(text);
  await shoot(page, 'login-wrong-password');
  await password.fill(input.password);
  await password.press('Enter');
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  await settle(page);
  const login = await page.context().storageState();
  const cookie = login.cookies.find((c) => c.name === 'aircheck_session');
  expect(cookie?.httpOnly && cookie.sameSite === 'Strict', `cookie ${JSON.stringify(cookie)}`);
  await page.context().close();
  return login;
}

/** Loads the overview with nothing kept from before, from the login on. */
async function firstLoad(browser) {
  const { at, report, expect } = reporter();
  at.name = 'first load';
  const page = await open(browser, { language: 'en', report });
  await page.goto(`${input.url}/console/`);
  await page.getByLabel('Password', { exact: true }).fill(input.password);
  await page.keyboard.press('Enter');
  await page.getByText(`live/${input.live}`).first().waitFor();
  await settle(page);
  // What streams and recordings look like is not part of the page.
  const files = Object.entries(await loaded(page)).filter(([name]) => !/\/console\/preview|\/cover-/.test(name)).sort(([, a], [, b]) => b - a);
  const bytes = files.reduce((sum, [, size]) => sum + size, 0);
  say({ note: `the first load takes ${bytes} bytes` });
  const largest = files.slice(0, 30).map(([name, size]) => `${name.split('/').at(-1)} ${size}`).join(', ');
  expect(bytes > 50_000 && bytes < maxFirstLoad, `${bytes} bytes, at most ${maxFirstLoad} are allowed: ${largest}`);
  await page.context().close();
}

// What differs by language, by colours and by width is looked at once: barriers are alike in both languages.
const looks = {
  en: [
    { scheme: 'light', width: 1440, axe: true },
    { scheme: 'dark', width: 1440, axe: true, rules: ['color-contrast'] },
    { scheme: 'light', width: 390, axe: true },
  ],
  zh: [
    { scheme: 'light', width: 1440 },
    { scheme: 'dark', width: 390 },
  ],
};

/** Looks at a page that is open, in the colours and widths of the language. */
async function look(page, row, language, { at, report, expect }) {
  for (const { scheme, width, axe, rules } of looks[language]) {
    at.name = `${row.name} (${language}, ${scheme}, ${width} px)`;
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 900 });
    await settle(page);
    const wide = await tooWide(page);
    expect(!wide, wide);
    if (axe) for (const text of await barriers(page, rules)) report(text);
    await shoot(page, `${row.name}-${language}-${scheme}-${width}`, { fullPage: true });
  }
}

/** Goes through all pages in a language. */
async function tour(browser, login, language) {
  const told = reporter();
  const { at, report, expect } = told;
  const page = await open(browser, { language, login, report });
  for (const row of pages.filter((p) => only.test(p.name))) {
    at.name = `${row.name} (${language})`;
    try {
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.emulateMedia({ colorScheme: 'light' });
      await page.goto(`${input.url}/console${typeof row.path === 'function' ? row.path(input) : row.path}`);
      await page.getByRole('heading', { level: 1, ...(row.title && { name: row.title[language], exact: true }) }).waitFor();
      await settle(page);
      for (const text of (typeof row.shows === 'function' ? row.shows(input) : row.shows) ?? []) await page.getByText(text).first().waitFor();
      await look(page, row, language, told);
      if (row.scenario && language === 'en') {
        at.name = `${row.name}, what is done there`;
        await page.setViewportSize({ width: 1440, height: 900 });
        await frames(page);
        await row.scenario({ page, input, expect });
      }
      expect(!(await page.evaluate(() => window.pwned || document.querySelector('img[src="x"], script:not([src])'))), 'a name became markup');
    } catch (error) {
      report(error.message);
      await shoot(page, `failed-${row.name}-${language}`)?.catch(() => {});
    }
  }
  await page.context().close();
}

if (input.out) await mkdir(input.out, { recursive: true });
const browser = await launch();
try {
  const login = await firstLogin(browser);
  await Promise.all([
    tour(browser, login, 'zh'),
    (async () => {
      await firstLoad(browser);
      const { at, report, expect } = reporter();
      at.name = 'menu';
      const page = await open(browser, { language: 'en', login, report });
      await keyboard({ page, input, expect });
      await page.context().close();
      await tour(browser, login, 'en');
    })(),
  ]);
} catch (error) {
  say({ finding: error.stack });
} finally {
  await browser.close();
}
say({ done: true });
