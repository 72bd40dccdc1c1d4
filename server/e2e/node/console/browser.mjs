// Starting Debian's Chromium, and what every page is checked for.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Starts the browser, which looks for nothing outside of this machine. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run', '--disable-sync',
      '--disable-background-networking', '--disable-component-update', '--autoplay-policy=no-user-gesture-required',
    ],
  });
}

/** Opens a window in a language. report is told of what must not be: errors in the browser's console, answers that are none, dialogs. */
export async function open(browser, { language, login, report }) {
  // Without movement nothing is judged half way.
  const context = await browser.newContext({
    locale: language === 'zh' ? 'zh-CN' : 'en-US', storageState: login, viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('console', (message) => {
    if (message.type() === 'error' && !expected.test(`${message.text()} ${message.location().url}`)) report(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => report(`error: ${error.stack ?? error.message}`));
  page.on('dialog', (dialog) => {
    report(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('response', (response) => {
    if (response.status() >= 500 && !response.url().endsWith('/readyz')) report(`HTTP ${response.status()}: ${response.url()}`);
  });
  return page;
}

/** What the browser itself complains of although all is well: the answer to a wrong password, and a server that is not ready. */
const expected = /status of 403.*\/console\/(session|password)|status of 503.*\/readyz/;

/** Waits until a page shows what it has to: no bones of it, no wheel. */
export async function settle(page) {
  await page.locator('main').first().waitFor();
  await page.waitForFunction(() => !document.querySelector('.ant-skeleton, .ant-spin-spinning'));
  await frames(page);
}

/** Waits until what was changed is drawn. */
export const frames = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 60)))));

/** What is wider than the window, if the page can be scrolled sideways. */
export function tooWide(page) {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.scrollingElement;
    if (scrollWidth <= clientWidth) return '';
    const widest = [...document.querySelectorAll('main *')]
      .map((e) => ({ e, right: e.getBoundingClientRect().right }))
      .sort((a, b) => b.right - a.right)[0];
    return `scrolls sideways: ${scrollWidth} px in ${clientWidth}; ${widest ? widest.e.outerHTML.slice(0, 200) : ''}`;
  });
}

/** Barriers that axe finds serious or critical, by some rules or by all. */
export async function barriers(page, rules) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource);
  const found = await page.evaluate(async (runOnly) => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'], ...(runOnly && { runOnly }) });
    return violations
      .filter((v) => v.impact === 'serious' || v.impact === 'critical')
      .flatMap((v) => v.nodes.slice(0, 3).map((n) => `${v.id} (${v.impact}): ${n.html.slice(0, 240)}: ${n.failureSummary?.split('\n')[1]?.trim() ?? ''}`));
  }, rules);
  return found.map((text) => `axe: ${text}`);
}

/** Bytes that came over the wire until now as the server packed them, by address: a script that was announced and then run came once. */
export const loaded = (page) =>
  page.evaluate(() => {
    const sizes = {};
    for (const e of [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]) {
      sizes[e.name] = Math.max(sizes[e.name] ?? 0, e.encodedBodySize);
    }
    return sizes;
  });

/** Plays the video of a page, waits until it moves, and returns how long it is. what names it in the error. */
export async function moves(page, what) {
  const video = page.locator('video').first();
  await video.waitFor();
  await video.evaluate((v) => {
    v.muted = true;
    void v.play().catch(() => {});
  });
  return video
    .evaluate(async (v) => {
      const shown = () => v.getVideoPlaybackQuality().totalVideoFrames;
      const frame = () => new Promise((done) => requestAnimationFrame(done));
      const [time, pictures, begin] = [v.currentTime, shown(), performance.now()];
      while (v.currentTime < time + 0.3 || shown() < pictures + 5) {
        if (performance.now() - begin > 30_000) throw new Error(`${v.currentTime} s, ${shown()} pictures, ${v.error?.message ?? 'no error'}`);
        await frame();
      }
      return v.duration;
    })
    .catch((error) => {
      throw new Error(`${what} does not play: ${error.message.split('\n')[0]}`);
    });
}
