/** The page's API with made-up answers: for routes without a cloud, and for pictures of more than a test can run. */
import { CliError, notFound } from '../../../cli/cli-error';
import type { PageApi } from '../../../cli/ui/page-api';
import { receiptOf } from '../../../core/costs/receipt';
import type { FleetInstance } from '../../../core/view/page-api';
import { sessionView } from '../../../core/view/session-view';
import { sampleMonth } from '../../support/ledger';
import { NOW } from '../../support/sessions';
import { madeUpRows } from './made-up-rows';
import { MADE_UP_STATES, madeUpCheckpoints, madeUpMetrics, madeUpSession } from './made-up-session';

const RUNCTL = { runctl: 'runctl stop gpt-350m-1' };
const LOG = Array.from(
  { length: 4_000 },
  (_, index) => `step=${index} total=30000 loss=${(3 / (1 + index / 900)).toFixed(4)}`,
);

export function madeUpPageApi(count: number): PageApi {
  const rows = madeUpRows(count);
  return {
    cloud: async () => ({
      stackName: 'Runctl',
      region: 'eu-central-1',
      accountId: '123456789012',
      isLocal: false,
      folder: '/home/ana/gpt',
      now: NOW,
      pollMs: 1000,
      submit: { runctl: 'runctl submit job.json', aws: 'aws stepfunctions start-execution --input file://job.json' },
    }),
    sessions: async (since) => ({ version: 1, now: NOW, rows: since === 1 ? [] : rows, hasMore: false }),
    session: async (sessionId) => {
      if (sessionId === 'nowhere') throw notFound('There is no session nowhere in the stack Runctl.', 'See: runctl ls');
      const session = madeUpSession(sessionId);
      const execution = { executionArn: session.executionArn, status: 'RUNNING', startedAt: session.createdAt };
      const sources = { sessionId, session, execution: { ...execution, endedAt: null, error: null, cause: null } };
      return {
        now: NOW,
        view: sessionView({ ...sources, reports: new Map(), now: NOW }),
        job: session.job,
        receipt: receiptOf(session, NOW),
        actions: { stop: RUNCTL, stopNow: RUNCTL },
        links: {
          execution: 'https://eu-central-1.console.aws.amazon.com/',
          logs: 'https://eu-central-1.console.aws.amazon.com/',
        },
      };
    },
    states: async () => ({ states: MADE_UP_STATES }),
    metrics: async (_id, version) => (version === '1' ? { version } : { version: '1', attempts: madeUpMetrics() }),
    logs: async (_id, { attempt, from }) => {
      return { attempt, generation: 1, from, lines: LOG.slice(from), dropped: 0, isOver: false };
    },
    checkpoints: async () => madeUpCheckpoints(),
    plan: async () => null,
    fleet: async () => ({ now: NOW, ...madeUpFleet(), reapCommand: 'runctl zombies --reap' }),
    costs: async () => ({
      now: NOW,
      entries: [...sampleMonth('2026-11', Math.min(count, 120), 23), ...sampleMonth('2026-10', 80, 31, 2)],
      budgets: { owner: { ana: 900 }, project: { vision: 1500, speech: 600 } },
    }),
    check: async () => ({ problems: [] }),
    forecast: notHere,
    submit: async () => ({ sessionId: 'gpt-350m-2' }),
    stop: async () => {},
    resume: async () => ({ sessionId: 'gpt-350m-2' }),
    interrupt: notHere,
    download: notHere,
    downloadProgress: notHere,
  };
}

async function notHere(): Promise<never> {
  throw new CliError('This test has no such thing.');
}

function madeUpFleet() {
  const instance = (number: number, changes: Partial<FleetInstance> = {}): FleetInstance => ({
    instanceId: `i-0f3c9a7b2d4e6810${number}`,
    instanceType: 'g5.xlarge',
    market: 'spot',
    zone: `eu-central-1${'abc'.charAt(number % 3)}`,
    state: 'running',
    ageSeconds: 4_200 * (10 - number),
    sessionId: `gpt-350m-${number}`,
    attempt: 1 + (number % 3),
    usdPerHour: 0.41 + number / 50,
    ...changes,
  });
  const instances = [
    instance(1, { sessionId: 'sweep-20261101-080000', usdPerHour: null, ageSeconds: 900_000 }),
    ...[2, 3, 4, 5, 6].map((number) => instance(number)),
    instance(7, { state: 'pending', ageSeconds: 12, usdPerHour: 0.52 }),
    instance(8, { state: 'shutting-down', market: 'on-demand', usdPerHour: 1.006 }),
  ];
  const zombie = {
    resourceId: instances[0]?.instanceId ?? '',
    kind: 'instance' as const,
    what: 'g5.xlarge',
    zone: 'eu-central-1b',
    state: 'running',
    ageSeconds: 900_000,
    sessionId: 'sweep-20261101-080000',
    reason: 'no-record' as const,
    isProtected: false,
    markedAt: null,
  };
  return { instances, zombies: [zombie] };
}
