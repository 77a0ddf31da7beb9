/** The page in a browser, on a local cloud that runs a real job: what somebody does with it on a day. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Browser, Locator } from 'playwright-core';
import * as planning from '../../../aws/planning-ports';
import * as zombies from '../../../aws/zombie-ports';
import { openCloudAt } from '../../../cli/cloud/open-cloud';
import { localPlace } from '../../../cli/cloud/place';
import type { CliContext } from '../../../cli/context';
import { DEFAULT_STACK } from '../../../cli/options';
import type { PageServer } from '../../../cli/ui/page-server';
import { servePage } from '../../../cli/ui/serve-page';
import { builtPage, PAGE_FOLDER } from '../../../scripts/page-build';
import { World } from '../../stories/support/world';
import { DESKTOP, describeInBrowser, launchBrowser, openPage, PHONE, type Watched } from '../support/browser';

jest.setTimeout(300_000);

const PICTURES = join(PAGE_FOLDER, '..', 'ui-pictures');
/** Until then it trains for as long as somebody needs to see the bar move, on a slow machine, too. */
const HOLD_AT = 160;
const STEPS = 220;

describeInBrowser('the page', () => {
  let world: World;
  let cwd: string;
  let server: PageServer;
  let browser: Browser;
  let watched: Watched;
  /** The session that the form made, and all the tests after it look at. */
  let first: string;
  let second: string;
  const stop = new AbortController();

  beforeAll(async () => {
    world = await World.start({ speed: 5 });
    cwd = mkdtempSync(join(tmpdir(), 'runctl-page-'));
    mkdirSync(join(cwd, 'src'));
    mkdirSync(PICTURES, { recursive: true });
    cpSync(resolve(__dirname, '../../stories/trainer/train.py'), join(cwd, 'src', 'train.py'));
    const context: CliContext = {
      stdout: process.stdout,
      stderr: process.stderr,
      isInteractive: false,
      env: {},
      cwd,
      clock: { now: Date.now },
      signal: stop.signal,
      cleansUp: () => {},
      sleep: (milliseconds) => pause(milliseconds, undefined, { signal: stop.signal }),
      seams: {
        planning: async () => planning,
        zombies: async () => zombies,
        localCloud: () => Promise.reject(new Error('It runs already.')),
        page: builtPage,
      },
    };
    const place = await localPlace(world.cloud, context.clock);
    server = await servePage(context, await openCloudAt(place, { stack: DEFAULT_STACK, local: true }), 0);
    browser = await launchBrowser();
    watched = await openPage(browser, server.address, DESKTOP);
    watched.page.setDefaultTimeout(30_000);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await world?.close();
    rmSync(cwd, { recursive: true, force: true });
  });

  /** Each test begins where it needs to be: the page is one, whatever became of the test before. */
  const go = (hash: string) => watched.page.goto(new URL(hash, server.address).href);
  const picture = (name: string) => watched.page.screenshot({ path: join(PICTURES, `${name}.png`) });
  const field = (path: string) =>
    watched.page.locator(`label:has(code:text-is("${path}")) ~ input, label:has(code:text-is("${path}")) ~ textarea`);
  const shareOf = async (bar: Locator) => Number(await bar.getAttribute('aria-valuenow'));

  it('a job is submitted by the form, which says what is wrong as one types', async () => {
    const { page } = watched;
    first = world.newName('day');
    expect(page.url()).not.toContain('token');
    await go('#/');
    await page.getByText('No sessions yet.').or(page.locator('.rows')).first().waitFor();
    await page.getByRole('link', { name: 'New job' }).click();

    await field('name').fill('no spaces please');
    await page.getByText('found "no spaces please"; expected a name of 1 to 64 letters').waitFor();
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByText('is required and missing').waitFor();

    await field('name').fill('count');
    await field('owner').fill('ana');
    await field('command').fill(
      `python3 train.py --steps ${STEPS} --step-seconds 0.08 --save-every 20 --hold-at ${HOLD_AT}`,
    );
    await field('code').fill('./nowhere');
    await page.getByText('it is no s3:// address').waitFor();
    await field('code').fill('./src');
    await field('resources.instanceTypes').fill('m6i.large');
    await field('resources.volumeGiB').fill('30');
    for (const section of ['Checkpoints', 'Limits']) await page.getByRole('heading', { name: section }).click();
    await field('checkpoints.pattern').fill('step-*.json');
    await field('checkpoints.resumeArg').fill('--resume {path}');
    await field('limits.maxUsd').fill('5');
    await page.getByText('✓ The job is valid.').waitFor();
    expect(JSON.parse(await page.getByLabel('The job as JSON').inputValue())).toMatchObject({
      name: 'count',
      resources: { instanceTypes: ['m6i.large'], volumeGiB: 30 },
      limits: { maxUsd: 5 },
    });

    await page.getByRole('button', { name: 'Forecast' }).click();
    await page.getByText('at worst', { exact: true }).waitFor();
    await picture('form');
    await page.getByLabel(/^Session id/).fill(first);
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.waitForURL(new RegExp(`#/s/${first}$`));
  });

  it('progress moves by itself', async () => {
    const { page } = watched;
    await page.locator('h1 .state', { hasText: 'training' }).waitFor();
    const bar = page.getByRole('progressbar', { name: 'Progress' });
    const before = await shareOf(bar);
    await world.until('the bar has moved', async () => (await shareOf(bar)) > before);
    await page.locator('.node.current', { hasText: 'RunTraining' }).waitFor();
    await page.locator('figure.chart', { hasText: 'loss' }).locator('canvas').waitFor();
  });

  it('an interruption asks once, says what one would type, and is seen: notice, save, resume', async () => {
    const { page } = watched;
    await world.trainingAt(first, HOLD_AT);
    await page.getByRole('button', { name: 'Interrupt' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(`runctl local interrupt ${first}`).waitFor();
    await dialog.getByRole('button', { name: 'Send the notice' }).click();

    await page.locator('.gantt .mark-notice').waitFor();
    await page.locator('.gantt .row-name', { hasText: 'Attempt 2' }).waitFor();
    await page.locator('.gantt .mark-resume').waitFor();
    await page.locator('.node', { hasText: 'RunTraining' }).getByText('2×').waitFor();
    await page.locator('h1 .state', { hasText: 'succeeded' }).waitFor();
    await page.getByText('0 steps done twice').waitFor();
    await page.locator('.node.succeeded').waitFor();
    await page.locator('.legend').getByText('attempt 2').waitFor();
    await picture('session');
  });

  it('the receipt has both attempts', async () => {
    const { page } = watched;
    await go(`#/s/${first}`);
    await page.getByRole('link', { name: 'Receipt' }).click();
    await page
      .getByRole('row', { name: /Together/ })
      .getByText(/^\$0\.\d{6}$/)
      .waitFor();
    await page.getByRole('cell', { name: 'SpotInterrupted' }).waitFor();
    await page.getByRole('cell', { name: 'finished' }).waitFor();
    await picture('receipt');
  });

  it('the log of each attempt is searched', async () => {
    const { page } = watched;
    await go(`#/s/${first}`);
    await page.getByRole('link', { name: 'Logs' }).click();
    await page.locator('.log-line').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('resumed at');
    await page.getByText('1 of 1').waitFor();
    expect(await page.locator('.log-line.current').textContent()).toContain(`resumed at step ${HOLD_AT}`);
    await page.getByLabel('Attempt').selectOption('1');
    await page.locator('.log-line', { hasText: `saved at step ${HOLD_AT}` }).waitFor();
  });

  it('history, checkpoints and plan are there', async () => {
    const { page } = watched;
    await go(`#/s/${first}`);
    await page.getByRole('link', { name: /^Checkpoints/ }).click();
    await page.getByRole('row', { name: /step-000160\.json.*verified/ }).waitFor();
    await page.getByRole('link', { name: 'History' }).click();
    await page.getByText(`Attempt 2 goes on at step ${HOLD_AT}`).waitFor();
    await page.getByRole('link', { name: 'Job and plan' }).click();
    await page.getByRole('cell', { name: 'm6i.large' }).waitFor();
  });

  it('results are downloaded and verified', async () => {
    const { page } = watched;
    await go(`#/s/${first}`);
    await page.getByRole('button', { name: 'Download' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(`runctl download ${first} --local`).waitFor();
    await dialog.getByRole('button', { name: 'Download' }).click();
    await dialog.getByText(/^results: 2 files, .*, verified/).waitFor();
    expect(JSON.parse(readFileSync(join(cwd, `results/${first}/result.json`), 'utf8'))).toEqual({
      steps: STEPS,
      resumedAt: HOLD_AT,
    });
    await dialog.getByRole('button', { name: 'Close' }).click();
  });

  it('a session that runs is stopped, and goes on in another one', async () => {
    const { page } = watched;
    second = world.newName('day');
    await go(`#/s/${first}/plan`);
    await page.getByRole('link', { name: 'Use it for a new one' }).click();
    await page.getByText('✓ The job is valid.').waitFor();
    await page.getByLabel(/^Session id/).fill(first);
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByText(`There is a session ${first} already.`).waitFor();
    await page.getByLabel(/^Session id/).fill(second);
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.waitForURL(new RegExp(`#/s/${second}$`));
    await world.trainingAt(second, HOLD_AT);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('dialog').getByText(`runctl stop ${second} --local`).waitFor();
    await page.getByRole('button', { name: 'Save and stop' }).click();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByLabel(/limits\.maxUsd/).fill('2');
    await page.getByText(`runctl resume ${second} --local --add-usd 2`).waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('link', { name: second }).waitFor();
    await page.locator('h1 .state', { hasText: 'succeeded' }).waitFor();
  });

  it('the list has all of them, on a phone, too, and in the dark', async () => {
    await watched.page.getByRole('link', { name: 'Sessions', exact: true }).click();
    await watched.page.locator('.rows').getByText(second).waitFor();
    await picture('sessions');
    const phone = await openPage(browser, server.address, { ...PHONE, colorScheme: 'dark' });
    await phone.page.locator('.rows').getByText(first).click();
    await phone.page.locator('.gantt .mark-resume').waitFor();
    await phone.page.screenshot({ path: join(PICTURES, 'session-phone.png') });
    await phone.context.close();
  });

  it('whoever comes without the token learns nothing', async () => {
    const stranger = await openPage(browser, server.address.split('#')[0] ?? '', DESKTOP);
    await stranger.page.getByText('Open the page by the address that').waitFor();
    expect(await stranger.page.locator('body').textContent()).not.toContain(first);
    await stranger.context.close();
  });

  it('no request has left the machine, and nothing went wrong unseen', () => {
    expect(watched.strangers).toEqual([]);
    // The one that was provoked: an id that is taken.
    expect(watched.errors.filter((error) => !error.includes('409'))).toEqual([]);
  });
});
