/** What a session of one node and without results cannot show: a gang over time, and a download that goes on. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { PageApi } from '../../../cli/ui/page-api';
import type { PageServer } from '../../../cli/ui/page-server';
import type { DownloadAnswer } from '../../../core/view/page-api';
import { PAGE_FOLDER } from '../../../scripts/page-build';
import { DESKTOP, describeInBrowser, launchBrowser, openPage, PHONE, servePage } from '../support/browser';
import { madeUpPageApi } from '../support/made-up-page-api';

jest.setTimeout(120_000);

const PICTURES = join(PAGE_FOLDER, '..', 'ui-pictures');
const SESSION = '#/s/gpt-350m-1';
const BROUGHT = { folder: '/home/ana/results/gpt-350m-1', what: 'results', files: ['a', 'b'], problems: [] };

/** The page takes its token out of the address before it shows anything. */
async function openSession(page: Page): Promise<void> {
  await page.locator('.rows > li').first().waitFor();
  await page.evaluate(`location.hash = '${SESSION}'`);
}

/** Node 2 gets each notice; node 3 never trains. */
async function gangSession(api: PageApi): ReturnType<PageApi['session']> {
  const details = await api.session('gpt-350m-1');
  const attempts = details.view.attempts.map((attempt) => {
    const [leader] = attempt.nodes;
    if (leader === undefined) return attempt;
    const nodes = [0, 1, 2, 3].map((rank) => ({
      ...leader,
      rank,
      instanceId: `${leader.instanceId.slice(0, -1)}${rank}`,
      noticeAt: rank === 2 ? attempt.noticeAt : null,
      stages: rank === 3 ? leader.stages.slice(0, 4) : leader.stages,
    }));
    return { ...attempt, nodes };
  });
  const actions = { ...details.actions, download: { runctl: 'runctl download gpt-350m-1' } };
  return { ...details, actions, view: { ...details.view, attempts } };
}

describeInBrowser('a gang, and a download', () => {
  let server: PageServer;
  let browser: Browser;
  let finish: (answer: DownloadAnswer) => void = () => {};
  let progress: Awaited<ReturnType<PageApi['downloadProgress']>> = null;

  beforeAll(async () => {
    mkdirSync(PICTURES, { recursive: true });
    const madeUp = madeUpPageApi(3);
    const api: PageApi = {
      ...madeUp,
      session: () => gangSession(madeUp),
      downloadProgress: async () => progress,
      download: () => {
        progress = { doneBytes: 370_000_000, totalBytes: 1_000_000_000 };
        return new Promise((resolve) => {
          finish = resolve;
        });
      },
    };
    server = await servePage(api);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it.each([
    ['desktop', DESKTOP],
    ['phone', PHONE],
  ])('every node of a gang has a row of its own, with its own notice: %s', async (name, options) => {
    const { page, context, errors } = await openPage(browser, server.address, options);
    await openSession(page);
    await page.locator('.gantt .row-name', { hasText: 'Attempt 3' }).waitFor();
    expect(await page.locator('.gantt [data-rank]').count()).toBe(12);
    expect(await page.locator('.gantt [data-rank="2"] .mark-notice').count()).toBe(2);
    expect(await page.locator('.gantt [data-rank="1"] .mark-notice').count()).toBe(0);
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBe(options.viewport.width);
    await page.locator('.gantt').scrollIntoViewIfNeeded();
    await page.screenshot({ path: join(PICTURES, `gang-${name}.png`) });
    expect(errors).toEqual([]);
    await context.close();
  });

  it.each([
    ['desktop', DESKTOP],
    ['phone', PHONE],
  ])(
    'a download shows how far it is, also to who opens the dialog again, and then what came: %s',
    async (name, options) => {
      progress = null;
      const { page, context } = await openPage(browser, server.address, options);
      await openSession(page);
      await page.getByRole('button', { name: 'Download' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Download' }).click();
      await dialog.getByText('352.9 MiB of 953.7 MiB').waitFor();
      expect(await dialog.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('37');
      await page.screenshot({ path: join(PICTURES, `download-${name}.png`) });
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('button', { name: 'Download' }).click();
      await dialog.getByRole('progressbar').waitFor();
      await dialog.getByRole('button', { name: 'Download' }).click();
      progress = null;
      finish({ ...BROUGHT, totalBytes: 1_000_000_000 });
      await dialog.getByText(/^results: 2 files/).waitFor();
      await context.close();
    },
  );
});
