import type { LedgerEntry } from '../../core/costs/ledger';
import { reportCsv } from '../../core/report/csv';
import { digestOf, isWorthTelling } from '../../core/report/digest';
import { type CostReport, costReport, type ReportInput, reportMonths } from '../../core/report/figures';
import { html } from '../../core/report/markup';
import { reportPage } from '../../core/report/page';
import { anEntry, sampleMonth } from '../support/ledger';

const at = (time: string) => Date.parse(time);
const MORNING = at('2026-11-26T06:00:00Z');

function report(thisMonth: LedgerEntry[], changes: Partial<ReportInput> = {}): CostReport {
  return costReport({ thisMonth, lastMonth: [], budgets: [], now: MORNING, ...changes });
}

/** As a browser's parser sees it: its texts, without tags and styles. */
function textOf(page: string): string {
  return page
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

describe('which month is told', () => {
  it.each([
    ['2026-11-26T06:00:00Z', '2026-11', '2026-10', null],
    ['2026-12-01T06:00:00Z', '2026-11', '2026-10', '2026-12'],
    ['2027-01-01T06:00:00Z', '2026-12', '2026-11', '2027-01'],
    ['2027-01-02T06:00:00Z', '2027-01', '2026-12', null],
    ['2028-03-01T06:00:00Z', '2028-02', '2028-01', '2028-03'],
  ])('on %s: %s, and %s to compare', (now, month, before, begun) => {
    expect(reportMonths(at(now))).toEqual({ month, before, begun });
  });

  it('is the whole one on the first of the next, and its last day is the last bar', () => {
    const { isMonthOver, days, yesterday } = report([anEntry({ usdByDay: { '2026-11-30': 4 }, usd: 4 })], {
      now: at('2026-12-01T06:00:00Z'),
    });
    expect({ isMonthOver, last: days.at(-1), yesterday }).toEqual({
      isMonthOver: true,
      last: { day: '2026-11-30', usdByProject: { vision: 4 } },
      yesterday: { day: '2026-11-30', usd: 4 },
    });
  });

  it('goes back over the year’s end: thirty days, with what the month before has of them', () => {
    const december = anEntry({ month: '2026-12', usdByDay: { '2026-12-31': 7 }, usd: 7 });
    const { days, yesterday, spent, lastMonth } = report([], {
      lastMonth: [december],
      now: at('2027-01-01T06:00:00Z'),
    });
    expect(days).toHaveLength(30);
    expect([spent.usd, lastMonth.usd, yesterday.usd]).toEqual([0, 7, 7]);
    const january = report([], { lastMonth: [december], now: at('2027-01-03T06:00:00Z') });
    expect(january.days.at(-4)).toEqual({ day: '2026-12-31', usdByProject: { vision: 7 } });
    expect(january.days[0]?.day).toBe('2026-12-05');
  });
});

describe('the figures', () => {
  const entries = [
    anEntry({ sessionId: 'a', usd: 10, onDemandUsd: 30, wastedUsd: 1 }),
    anEntry({ sessionId: 'b', usd: 5, onDemandUsd: 20, wastedUsd: 2, usdByDay: { '2026-11-24': 5 }, interruptions: 0 }),
    anEntry({
      sessionId: 'c',
      project: 'nlp',
      usd: 2,
      onDemandUsd: null,
      isComplete: false,
      result: null,
      usdPerHour: 1.5,
    }),
  ];

  it('add up by project, and compare only what is known', () => {
    const { spent, projects, usdPerHour, openSessions } = report(entries);
    expect(spent).toEqual({ usd: 17, isComplete: false });
    expect({ usdPerHour, openSessions }).toEqual({ usdPerHour: 1.5, openSessions: 1 });
    expect(projects).toEqual([
      {
        ...{ project: 'vision', sessions: 2, spent: { usd: 15, isComplete: true }, wastedUsd: 3, interruptions: 1 },
        comparison: { usd: 15, onDemandUsd: 50, sessions: 2 },
      },
      expect.objectContaining({ project: 'nlp', spent: { usd: 2, isComplete: false }, comparison: null }),
    ]);
  });

  it('put sessions with an unknown price first, then the dearest', () => {
    expect(report(entries).sessions.map(({ sessionId }) => sessionId)).toEqual(['c', 'a', 'b']);
  });

  it('burn a budget down day by day, and go on at the pace so far', () => {
    const budgets = [{ scope: 'owner' as const, name: 'ana', monthUsd: 100 }];
    const spending = [
      anEntry({ usd: 60, usdByDay: { '2026-11-01': 20, '2026-11-10': 40 } }),
      anEntry({ owner: 'ben' }),
    ];
    const [budget] = report(spending, { budgets, now: at('2026-11-15T06:00:00Z') }).budgets;
    expect(budget?.leftUsd).toHaveLength(16);
    expect([0, 1, 9, 10, 15].map((day) => budget?.leftUsd[day])).toEqual([100, 80, 80, 40, 40]);
    expect(budget?.projectedLeftUsd).toBeCloseTo(-20);
    expect(budget?.daysInMonth).toBe(30);
  });
});

describe('the page', () => {
  it('stands alone: no script, nothing loaded, light and dark', () => {
    const page = reportPage(report(sampleMonth('2026-11', 40, 26)));
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|https?:|\bon\w+=/i);
    expect(page).toContain('prefers-color-scheme:dark');
    expect(page).toContain('name="viewport"');
  });

  it('escapes whatever users have named: in texts, attributes and titles', () => {
    const nasty = `"><script>alert('1')</script>&`;
    const entry = anEntry({ sessionId: nasty, job: nasty, project: nasty, owner: nasty });
    const budgets = [{ scope: 'project' as const, name: nasty, monthUsd: 1 }];
    const page = reportPage(report([entry], { budgets }));
    expect(page).not.toContain('<script');
    expect(page).not.toContain(`"><`.concat('script'));
    expect(page).toContain('&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;');
  });

  it('has well-formed elements and numbers, for no session, one, and a thousand', () => {
    const budgets = [{ scope: 'project' as const, name: 'vision', monthUsd: 100 }];
    for (const entries of [[], [anEntry()], sampleMonth('2026-11', 1000, 26)]) {
      const page = reportPage(report(entries, { budgets }));
      expect(page).not.toMatch(/NaN|Infinity|undefined|\[object/);
      const open = [...page.matchAll(/<(svg|section|div|table|tr|td|details|ul|li|text|rect|p|span)\b[^>]*?(\/?)>/g)];
      for (const tag of ['svg', 'section', 'div', 'table', 'tr', 'td', 'details', 'ul', 'li', 'text', 'p', 'span']) {
        const opened = open.filter(([, name, slash]) => name === tag && slash === '').length;
        expect([tag, page.split(`</${tag}>`).length - 1]).toEqual([tag, opened]);
      }
    }
  });

  it('folds what is beyond the fifty dearest sessions, and leaves none out', () => {
    const page = reportPage(report(sampleMonth('2026-11', 1000, 26)));
    expect(page.match(/<tr><td>/g)).toHaveLength(1000);
    expect(textOf(page)).toContain('950 more sessions');
    expect(Buffer.byteLength(page)).toBeLessThan(700_000);
  });

  it('says of an unknown price that it is unknown, never 0', () => {
    const unknown = anEntry({ usd: 0, usdByDay: {}, isComplete: false, onDemandUsd: null, wastedUsd: 0 });
    const text = textOf(reportPage(report([unknown])));
    expect(text).toContain('November 2026 unknown');
    expect(text).toContain('A price is not known for 1 session');
    expect(text).not.toMatch(/Cost.*succeeded.*\$0\.00 *<?Made/);
    const part = textOf(reportPage(report([anEntry({ isComplete: false, onDemandUsd: null })])));
    expect(part).toContain('November 2026 ≥ $10.00');
  });

  it('says in words when there is nothing', () => {
    const text = textOf(reportPage(report([])));
    for (const words of ['Nothing was spent in these days.', 'No budgets are set.', 'No session has cost anything.']) {
      expect(text).toContain(words);
    }
  });

  it('has a bar for each day and project of the plot', () => {
    const page = reportPage(
      report([anEntry(), anEntry({ project: 'nlp', usdByDay: { '2026-11-24': 2, '2026-11-25': 3 } })]),
    );
    for (const title of ['25 Nov, vision: $10.00', '24 Nov, nlp: $2.00', '25 Nov, nlp: $3.00']) {
      expect(page).toContain(`<title>${title}</title>`);
    }
  });
});

it('puts markup into markup as it is, and texts as texts', () => {
  expect(html`<p>${[html`<b>${'a<b'}</b>`, ' & ', 3]}${null}</p>`.markup).toBe('<p><b>a&lt;b</b> &amp; 3</p>');
});

describe('the CSV', () => {
  it('has a row for each session, and empty cells for what is unknown', () => {
    const lines = reportCsv([anEntry({ isComplete: false, onDemandUsd: null, job: 'a, "b"' })]).split('\r\n');
    expect(lines).toEqual([
      'month,session,job,project,owner,began,result,attempts,interruptions,usd,known_usd,on_demand_usd,wasted_usd,usd_per_hour,computed_at',
      '2026-11,digits-1,"a, ""b""",vision,ana,2026-11-25T08:00:00.000Z,succeeded,2,1,,10,,1,0,2026-11-26T05:55:00.000Z',
      '',
    ]);
  });

  it('has no cell that a spreadsheet would run', () => {
    const csv = reportCsv([anEntry({ sessionId: '-2', owner: '=HYPERLINK("x")', project: '@x', job: '+1' })]);
    for (const cell of [`'-2`, `"'=HYPERLINK(""x"")"`, `'@x`, `'+1`]) expect(csv).toContain(cell);
  });
});

describe('the digest', () => {
  const budgets = [
    { scope: 'project' as const, name: 'vision', monthUsd: 12 },
    { scope: 'owner' as const, name: 'ana', monthUsd: 1000 },
  ];

  it('says how much, of what, what was saved and wasted, which budgets are near, and where the report is', () => {
    const { subject, body, alertId, kind } = digestOf(report([anEntry()], { budgets }), '2026-11-26', 'bucket');
    expect({ subject, alertId, kind }).toEqual({
      subject: 'runctl: $10.00 in November 2026 so far, $10.00 yesterday',
      alertId: 'report-2026-11-26',
      kind: 'report',
    });
    for (const text of [
      'Nothing is running.',
      '  vision  $10.00  1 session',
      'Saved against on demand: $20.00 (67 %).',
      'steps done twice: $1.00 (10 %)',
      'AWS interrupted 1 time.',
      '  project vision: $10.00 of $12.00 (83 %)',
      'aws s3 cp s3://bucket/reports/2026-11-26/costs.html .',
    ]) {
      expect(body).toContain(text);
    }
    expect(body).not.toContain('owner ana');
  });

  it('does not take an unknown price for 0', () => {
    const unknown = anEntry({ usd: 0, usdByDay: {}, isComplete: false, onDemandUsd: null, wastedUsd: 0 });
    const { subject, body } = digestOf(report([unknown]), '2026-11-26', 'bucket');
    expect(subject).toContain('unknown in November 2026 so far');
    expect(body).toContain('A price is not known for 1 session');
  });

  it('is not sent when nothing happened, but at a month’s end', () => {
    const old = anEntry({ usdByDay: { '2026-11-03': 10 }, computedAt: '2026-11-03T10:00:00.000Z' });
    expect(isWorthTelling(report([]))).toBe(false);
    expect(isWorthTelling(report([old]))).toBe(false);
    expect(isWorthTelling(report([old], { now: at('2026-12-01T06:00:00Z') }))).toBe(true);
    expect(isWorthTelling(report([anEntry()]))).toBe(true);
    expect(isWorthTelling(report([{ ...old, usdPerHour: 1 }]))).toBe(true);
    expect(isWorthTelling(report([anEntry({ usd: 0, usdByDay: {}, isComplete: false })]))).toBe(true);
  });
});
