/** The page with more than a test can run: a thousand sessions, every page, wide and narrow, light and dark. */

import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import type { PageServer } from '../../../cli/ui/page-server';
import { DESKTOP, describeInBrowser, isShown, launchBrowser, openPage, PHONE, servePage } from '../support/browser';
import { madeUpPageApi } from '../support/made-up-page-api';

jest.setTimeout(120_000);

const COUNT = 1000;
const PLACES = [
  '#/',
  '#/s/gpt-350m-1',
  '#/s/gpt-350m-1/logs',
  '#/s/gpt-350m-1/checkpoints',
  '#/s/gpt-350m-1/history',
  '#/s/gpt-350m-1/plan',
  '#/s/gpt-350m-1/receipt',
  '#/new',
  '#/fleet',
  '#/costs',
  '#/s/nowhere',
];
/** Far more than it takes on a quiet machine, and on one that is busy with other tests, too. */
const LONGEST_MS = 5000;

describeInBrowser('the page with a thousand sessions', () => {
  let server: PageServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await servePage(madeUpPageApi(COUNT));
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it('is there at once, and so is what one searches for', async () => {
    const { page, context } = await openPage(browser, server.address, DESKTOP);
    await page.getByText('1,000 sessions').waitFor();
    const opened = await page.evaluate(() => performance.now());
    const search = page.getByPlaceholder('Search id, job, type, error');
    const began = performance.now();
    await search.fill('whisper failed');
    await page.getByText(/^\d+ of 1,000 sessions$/).waitFor();
    const searched = performance.now() - began;
    expect(await page.locator('.rows > li').count()).toBeLessThan(COUNT / 4);
    expect(Math.max(opened, searched)).toBeLessThan(LONGEST_MS);
    await context.close();
  });

  it('has the others as one scrolls to them', async () => {
    const { page, context } = await openPage(browser, server.address, DESKTOP);
    await page.getByText('1,000 sessions').waitFor();
    const rows = page.locator('.rows > li');
    expect(await rows.count()).toBeLessThan(COUNT);
    for (let seen = await rows.count(); seen < COUNT; seen = await rows.count()) {
      await rows.last().scrollIntoViewIfNeeded();
      await rows.nth(seen).waitFor({ state: 'attached' });
    }
    await context.close();
  });

  it('is used by the keyboard alone', async () => {
    const { page, context } = await openPage(browser, server.address, DESKTOP);
    await page.getByText('1,000 sessions').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('sweep');
    await page.keyboard.press('Enter');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.waitForURL(/#\/s\/sweep-/);
    const chart = page.getByRole('img', { name: /^loss over steps/ });
    await chart.focus();
    await page.keyboard.press('+');
    await page.getByRole('button', { name: 'Zoom out' }).and(page.locator(':enabled')).waitFor();
    await page.keyboard.press('0');
    await page.getByRole('button', { name: 'Stop' }).press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'Save and stop' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('f');
    await page.waitForURL(/#\/fleet$/);
    await context.close();
  });

  it.each(PLACES)('%s fits into a phone: nothing is to be scrolled sideways', async (place) => {
    const { page, context } = await openPage(browser, server.address, PHONE);
    await page.goto(new URL(place, server.address).href);
    await isShown(page);
    const surplus = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    expect(surplus).toBeLessThanOrEqual(0);
    await context.close();
  });

  it.each(['light', 'dark'] as const)('is legible and named for screen readers, %s', async (colorScheme) => {
    const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
    const options = { ...DESKTOP, colorScheme, bypassCSP: true, reducedMotion: 'reduce' as const };
    const { page, context } = await openPage(browser, server.address, options);
    await page.evaluate(axe);
    const found: string[] = [];
    for (const place of PLACES) {
      await page.goto(new URL(place, server.address).href);
      await isShown(page);
      found.push(...(await page.evaluate(violations)).map((what) => `${place}: ${what}`));
    }
    expect(found).toEqual([]);
    await context.close();
  });
});

/** Runs in the page. */
async function violations(): Promise<string[]> {
  interface Axe {
    run(): Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }>;
  }
  const { axe } = globalThis as unknown as { axe: Axe };
  const { violations: all } = await axe.run();
  return all.map(({ id, nodes }) => `${id} at ${nodes[0]?.target.join(' ')}`);
}
