/** A real browser for tests: Debian's Chromium, driven by Playwright. */

import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { PageApi } from '../../../cli/ui/page-api';
import { readPageFiles } from '../../../cli/ui/page-files';
import { type PageServer, startPageServer } from '../../../cli/ui/page-server';
import { builtPage } from '../../../scripts/page-build';

const PATHS = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = PATHS.find((path): path is string => path !== undefined && existsSync(path));

/** Skipped where there is no browser, but not where none may be missing. */
export const describeInBrowser =
  executablePath !== undefined || process.env['RUNCTL_REQUIRE_TOOLS'] !== undefined ? describe : describe.skip;

export function launchBrowser(): Promise<Browser> {
  if (executablePath === undefined) throw new Error('There is no Chromium: apt-get install chromium.');
  // As root there is no sandbox; what is opened here is our own page.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

export const DESKTOP = { viewport: { width: 1280, height: 860 } };
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

export interface Watched {
  context: BrowserContext;
  page: Page;
  /** Addresses that were asked for elsewhere than at the page's own server. */
  strangers: string[];
  /** What the console said in red or yellow, violations of the security policy among it. */
  errors: string[];
}

export async function openPage(browser: Browser, address: string, options: BrowserContextOptions): Promise<Watched> {
  const context = await browser.newContext({ timezoneId: 'UTC', locale: 'en-GB', ...options });
  const page = await context.newPage();
  const { origin } = new URL(address);
  const watched: Watched = { context, page, strangers: [], errors: [] };
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) watched.strangers.push(url);
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) watched.errors.push(message.text());
  });
  page.on('pageerror', (error) => watched.errors.push(error.message));
  await page.goto(address);
  return watched;
}

/** Everything that the place asks for has been answered. A page that asks every second is never idle on a busy machine. */
export async function isShown(page: Page): Promise<void> {
  await page.locator('h1').waitFor();
  await page.locator('main:not(:has(.empty .spinner))').waitFor();
}

/** The built page over what a test makes up; a bug of the server's fails the test. */
export async function servePage(api: PageApi): Promise<PageServer> {
  const onBug = (error: unknown) => {
    throw error;
  };
  return startPageServer({ api, files: readPageFiles(await builtPage()), token: 'token', port: 0, onBug });
}
