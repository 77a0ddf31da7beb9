/** How the page looks where it is easy to get wrong: on a phone, of what failed or took days, and to the keyboard alone. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { PageApi } from '../../../cli/ui/page-api';
import type { PageServer } from '../../../cli/ui/page-server';
import { HOUR_MS, iso } from '../../../core/time';
import type { SessionDetails } from '../../../core/view/page-api';
import { NOW } from '../../support/sessions';
import {
  DESKTOP,
  describeInBrowser,
  isShown,
  launchBrowser,
  openPage,
  PHONE,
  servePage,
  type Watched,
} from '../support/browser';
import { madeUpPageApi } from '../support/made-up-page-api';

jest.setTimeout(120_000);

/** Long enough for the tabs to lie below the first screen of a phone. */
const FAILURE = Array.from(
  { length: 12 },
  (_, line) => `Line ${line} of what training said last, and of its traceback`,
);
const AT_NIGHT_MS = NOW - 40 * HOUR_MS;

/** The made-up session as it was after a failure that came a day and more after its begin. */
function failed(details: SessionDetails): SessionDetails {
  const outcome = { result: 'failed', error: 'TrainingFailed', message: FAILURE.join('\n'), resumable: true } as const;
  const [first] = details.view.attempts;
  const timeline = [AT_NIGHT_MS, NOW].map((atMs) => ({ at: iso(atMs), what: 'Something happened' }));
  const attempts = first === undefined ? [] : [{ ...first, beganAt: iso(AT_NIGHT_MS), end: null }];
  return { ...details, view: { ...details.view, isOver: true, state: 'failed', outcome, timeline, attempts } };
}

const visited = (state: string, hour: number) => ({
  ...{ state, visits: 1, seconds: 60, enteredAt: null },
  ...{ firstEnteredAt: iso(NOW), lastEnteredAt: iso(NOW + hour * HOUR_MS) },
});
const FAILED_STATES = ['PlanJob', 'LaunchNodes', 'RunTraining', 'ReleaseNodes', 'NotifyFinished', 'Failed'].map(
  visited,
);

describeInBrowser('the page', () => {
  let server: PageServer;
  let browser: Browser;

  beforeAll(async () => {
    const madeUp = madeUpPageApi(60);
    const api: PageApi = {
      ...madeUp,
      session: async (id) => (id === 'failed' ? failed(await madeUp.session(id)) : madeUp.session(id)),
      states: async (id) => (id === 'failed' ? { states: FAILED_STATES } : madeUp.states(id)),
    };
    server = await servePage(api);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const at = (hash: string) => new URL(hash, server.address).href;

  async function seen(
    hash: string,
    options: BrowserContextOptions,
    look: (page: Page, watched: Watched) => Promise<void>,
  ): Promise<void> {
    const watched = await openPage(browser, server.address, options);
    await watched.page.locator('.rows > li').first().waitFor();
    await watched.page.goto(at(hash));
    try {
      await isShown(watched.page);
      await look(watched.page, watched);
      expect(watched.strangers).toEqual([]);
      expect(watched.errors).toEqual([]);
    } finally {
      await watched.context.close();
    }
  }

  it('on a phone a session is there from its top, however long the word of its failure', () =>
    seen('#/s/failed', PHONE, async (page) => {
      await page.getByText('Line 0 of').waitFor();
      await page.locator('.tabs [aria-current]').waitFor();
      expect(await page.evaluate('scrollY')).toBe(0);
    }));

  it('on a phone the tab that is open is in sight', () =>
    seen('#/s/gpt-350m-1/receipt', PHONE, async (page) => {
      const box = await page.locator('.tabs [aria-current]').boundingBox();
      expect((box?.x ?? 999) + (box?.width ?? 0)).toBeLessThanOrEqual(PHONE.viewport.width);
    }));

  it.each(['#/', '#/s/gpt-350m-1/receipt', '#/s/gpt-350m-1/plan', '#/s/gpt-350m-1/checkpoints', '#/fleet', '#/costs'])(
    'on a phone nothing of %s is cut off at the right',
    (hash) => seen(hash, PHONE, async (page) => expect(await page.evaluate(CUT_OFF)).toEqual([])),
  );

  it('a failure leads from where it happened to the end', () =>
    seen('#/s/failed', DESKTOP, async (page) => {
      await page.locator('.node.failed').waitFor();
      expect(await page.locator('.edge.failed').count()).toBe(1);
      expect(await page.locator('.edge.again.taken').count()).toBe(1);
    }));

  it('what took days says which', () =>
    seen('#/s/failed/history', DESKTOP, async (page) => {
      expect(await page.locator('.history .day').allTextContents()).toEqual(['21 Nov', '23 Nov']);
      await page.goto(at('#/s/failed'));
      await page.locator('.gantt .tick', { hasText: '22 Nov' }).waitFor();
    }));

  it('a chart is zoomed by dragging, shown whole by a double click, and drawn to a logarithmic scale', () =>
    seen('#/s/gpt-350m-1', DESKTOP, async (page) => {
      const plot = page.locator('.u-over').first();
      await plot.scrollIntoViewIfNeeded();
      const box = await plot.boundingBox();
      if (box === null) throw new Error('There is no chart.');
      const out = page.getByRole('button', { name: 'Zoom out' });
      expect(await out.isDisabled()).toBe(true);
      await page.mouse.move(box.x + box.width * 0.2, box.y + 40);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.6, box.y + 40, { steps: 5 });
      await page.mouse.up();
      await out.and(page.locator(':enabled')).waitFor();
      await plot.dblclick();
      await out.and(page.locator(':disabled')).waitFor();
      const before = await page.evaluate(PICTURE);
      await page.getByRole('button', { name: 'log', exact: true }).click();
      await page.locator('.chip[aria-pressed="true"]', { hasText: 'log' }).waitFor();
      let after = before;
      while (after === before) after = await page.evaluate(PICTURE);
    }));

  it('a metric is taken away and brought back', () =>
    seen('#/s/gpt-350m-1', DESKTOP, async (page) => {
      const chart = page.locator('figure.chart', { hasText: 'grad_norm' });
      await page.getByRole('button', { name: 'grad_norm' }).click();
      await chart.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'grad_norm' }).click();
      await chart.locator('canvas').waitFor();
    }));

  it('says once that nobody answers any more, and shows what it knew', () =>
    seen('#/fleet', DESKTOP, async (page, { errors }) => {
      await page.route('**/api/**', (route) => route.abort());
      const said = page.getByText('runctl does not answer any more.');
      await said.first().waitFor();
      await page.getByRole('link', { name: 'New job' }).click();
      await said.first().waitFor();
      await page.getByRole('link', { name: 'Fleet' }).click();
      await said.first().waitFor();
      expect(await said.count()).toBe(1);
      errors.length = 0;
    }));

  it('a dialog keeps the focus, and gives it back', () =>
    seen('#/s/gpt-350m-1', DESKTOP, async (page) => {
      await page.getByRole('button', { name: 'Stop' }).press('Enter');
      await page.getByRole('dialog').waitFor();
      const held = new Set<unknown>();
      for (let press = 0; press < 12; press += 1) {
        await page.keyboard.press('Tab');
        held.add(await page.evaluate(`document.activeElement.closest('dialog, main, header')?.tagName ?? 'none'`));
      }
      // The browser's own controls come in between.
      expect([...held].filter((where) => where !== 'none')).toEqual(['DIALOG']);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Stop');
    }));

  it.each(['#/', '#/s/gpt-350m-1', '#/s/gpt-350m-1/logs', '#/new', '#/fleet', '#/costs'])(
    'what has the focus is seen to have it: %s',
    (hash) =>
      seen(hash, DESKTOP, async (page) => {
        const unseen: string[] = [];
        for (let press = 0; press < 25; press += 1) {
          await page.keyboard.press('Tab');
          unseen.push(...(await page.evaluate<string[]>(FOCUSED_UNSEEN)));
        }
        expect(unseen).toEqual([]);
      }),
  );

  it.each([
    ['desktop', DESKTOP],
    ['phone', PHONE],
  ])('a job that cannot run leads to the first field that is wrong, wherever it is: %s', (_name, options) =>
    seen('#/new', options, async (page) => {
      await page.getByLabel(/^Name/).fill('fine');
      await page.getByRole('heading', { name: 'Limits' }).click();
      await page.locator('label:has(code:text-is("limits.maxUsd")) ~ input').fill('much');
      await page.getByLabel(/^Command/).fill('true');
      await page.getByRole('button', { name: 'Submit' }).click();
      await page.locator('input[aria-invalid="true"]:focus').waitFor();
      expect(await page.evaluate('document.activeElement.value')).toBe('much');
    }),
  );
});

/** Scripts for the page. What is wider than its place, but for what is meant to be scrolled. */
const CUT_OFF = `[...document.querySelectorAll('main *')]
  .filter((each) => each.closest('.tabs, .log, .code, .hidden, svg, nav') === null)
  .filter((each) => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).overflowX !== 'visible')
  .map((each) => each.tagName + ' ' + each.className + ': ' + each.textContent.slice(0, 60))`;

const PICTURE = `document.querySelector('.chart canvas').toDataURL()`;

const FOCUSED_UNSEEN = `[document.activeElement]
  .filter((each) => each !== document.body)
  .filter((each) => ['none', ''].includes(getComputedStyle(each).outlineStyle))
  .map((each) => each.outerHTML.slice(0, 80))`;
