/** What people read at three in the morning: each alert names what runs, what it costs, and a command that works as it stands. */
import { createProgram } from '../../cli/program';
import { sessionAlerts } from '../../core/alerts/session-alerts';
import { stackBudgetAlerts } from '../../core/alerts/stack-budget';
import { retentionNotification } from '../../core/checkpoints/retention-notification';
import { finishedNotification } from '../../core/notifications';
import type { Notification } from '../../core/notifications/notification';
import type { Node, Outcome, Session } from '../../core/session/session';
import { aNode, anAttempt, aSession, minutesAgo, NOW } from '../support/sessions';

const ID = 'i-00000000000000001';
const ARN = 'arn:aws:states:us-east-1:000000000000';
const STOP = `  aws events put-events --region us-east-1 --entries '[{"Source":"runctl","DetailType":"Stop Requested","Detail":"{\\"sessionId\\":\\"digits-1\\"}"}]'`;

const status = aNode().status as NonNullable<Node['status']>;
const training = (minutes: number) => [{ stage: 'train' as const, startedAt: minutesAgo(minutes), seconds: null }];
const utilization = { cpu: 0.03, gpus: [0], busyAt: minutesAgo(40), gpuBusyAt: minutesAgo(40) };
const heavy = {
  name: 'step-100.pt',
  step: 100,
  sequence: 4,
  sizeBytes: 30 * 2 ** 30,
  committedAt: minutesAgo(61),
  uploadSeconds: 200,
};

function alertsOf(node: Partial<Node>, job: Parameters<typeof aSession>[1] = {}): Notification[] {
  const nodes = [aNode({ launchedAt: minutesAgo(150), ...node })];
  return sessionAlerts(aSession({ attempts: [anAttempt({ nodes })] }, job), NOW);
}

/** One of each kind that is about a session which goes on and calls for somebody. */
const ALERTS = [
  ...alertsOf({ launchedAt: minutesAgo(80) }, { limits: { maxUsd: 1 } }),
  ...alertsOf({}, { limits: { maxUsd: 1 } }).filter(({ alertId }) => alertId.endsWith('-100')),
  ...alertsOf({ usdPerHour: null }),
  ...alertsOf({ status: { ...status, stages: training(140), lastCheckpoint: heavy } }),
  ...alertsOf({ status: { ...status, utilization, progress: { ...status.progress, steppedAt: minutesAgo(35) } } }),
  ...alertsOf({ status: { ...status, utilization, progress: { ...status.progress, steppedAt: null } } }),
  ...alertsOf({
    status: {
      ...status,
      progress: {
        ...status.progress,
        notFinite: { metric: 'loss', step: 90, finiteStep: 80, at: minutesAgo(2) },
      },
    },
  }),
];
const bodyOf = (kind: string) => ALERTS.find((alert) => alert.kind === kind)?.body ?? '';
const commandsIn = (body: string) => body.split('\n').filter((line) => /^ {2}(aws|runctl) /.test(line));

it.each([
  'budget',
  'price-unknown',
  'checkpoint-stale',
  'notice-too-short',
  'training-stalled',
  'training-idle',
  'training-nan',
  'gpus-unused',
])('an alert of kind %s says which instance, how much, and how to act in the session’s own region', (kind) => {
  const body = bodyOf(kind);
  expect(body).toContain(`Running: ${ID} (g5.xlarge, spot, us-east-1a, attempt 1).`);
  expect(body).toMatch(
    /Cost so far: \$\d+\.\d\d, (at \$\d+\.\d\d per hour now|and something whose price is not known)\./,
  );
  expect(commandsIn(body)).toContain(STOP);
  for (const command of commandsIn(body)) expect(command).toContain('--region us-east-1');
  // Times are for people.
  expect(body).not.toMatch(/\d\dT\d\d:/);
});

it('what is used up says how to go on, and no lower threshold says that there is something left', () => {
  const used = alertsOf({ launchedAt: minutesAgo(300) }, { limits: { maxUsd: 1 } });
  expect(used.map(({ alertId }) => alertId)).toEqual([
    'digits-1-budget-50',
    'digits-1-budget-80',
    'digits-1-budget-100',
  ]);
  for (const { body } of used) {
    expect(body).toContain('Spent: $2.51 of limits.maxUsd $1.00 (250 %)');
    expect(body).not.toContain('It saves and stops before the limit');
    expect(body).toContain('  runctl resume digits-1 --add-usd 10 --region us-east-1');
  }
});

it('has no command of runctl’s that runctl does not know', () => {
  const program = createProgram({} as Parameters<typeof createProgram>[0], () => {});
  const commands = ALERTS.flatMap(({ body }) => commandsIn(body)).filter((line) => line.startsWith('  runctl '));
  const used = new Set(commands.map((line) => line.trim().split(' ')[1]));
  expect([...used].sort()).toEqual(['logs', 'resume']);
  for (const line of commands) {
    const [, name, ...rest] = line.trim().split(' ');
    const command = program.commands.find((each) => each.name() === name);
    const known = command?.options.map(({ long }) => long);
    expect(known).toEqual(expect.arrayContaining(rest.filter((word) => word.startsWith('--'))));
  }
});

it('a gang’s first instances are named, the others counted', () => {
  const nodes = Array.from({ length: 64 }, (_, rank) => aNode({ instanceId: `i-${rank}`, rank }));
  const session = aSession({ attempts: [anAttempt({ nodes })] }, { limits: { maxUsd: 1 } });
  const [alert] = sessionAlerts(session, NOW);
  expect(alert?.body).toContain('i-3 (g5.xlarge, spot, us-east-1a, attempt 1), and 60 more.');
});

describe('the month’s budget of many sessions', () => {
  const state = {
    scope: 'project' as const,
    name: 'protein folding',
    month: '2026-11',
    monthUsd: 500,
    spentUsd: 512.3,
    usdPerHour: 3.2,
    running: [
      { sessionId: 'fold-7', usdPerHour: 2.2 },
      { sessionId: 'fold-9', usdPerHour: 1 },
    ],
  };

  it('says who uses it up, and how to look and stop', () => {
    const body = stackBudgetAlerts(state, 'eu-west-1').at(-1)?.body ?? '';
    expect(body).toContain('$512.30 of the budget of project protein folding for 2026-11 ($500) are spent (102 %)');
    expect(body).toContain('  fold-7, $2.20 per hour\n  fold-9, $1.00 per hour');
    const [look = '', stop = ''] = commandsIn(body);
    expect(look).toContain(
      "--region eu-west-1 --filters Name=tag:CreatedBy,Values=runctl 'Name=tag:Project,Values=protein folding'",
    );
    expect(stop).toContain('--region eu-west-1');
    expect(stop).toContain('fold-7');
  });

  it('says that nothing runs', () => {
    const [alert] = stackBudgetAlerts({ ...state, usdPerHour: 0, running: [] }, 'eu-west-1');
    expect(alert?.body).toContain('Nothing under it is running.');
  });
});

describe('a session that can go on', () => {
  const outcome: Outcome = {
    result: 'failed',
    error: 'TrainingFailed',
    message: 'It ended with code 1.',
    at: minutesAgo(1),
    resumable: true,
  };
  const resumeCommands = (changes: Partial<Outcome>, job: Parameters<typeof aSession>[1] = {}) => {
    const session: Session = aSession({ outcome: { ...outcome, ...changes } }, job);
    return commandsIn(finishedNotification(session, 'bucket', NOW).body).slice(0, 3);
  };

  it('has the commands that do it, with and without runctl', () => {
    expect(resumeCommands({})).toEqual([
      '  runctl resume digits-1 --region us-east-1',
      `  aws stepfunctions describe-execution --region us-east-1 --execution-arn ${ARN}:execution:Runctl:digits-1 --query input --output text >job.json`,
      `  aws stepfunctions start-execution --region us-east-1 --state-machine-arn ${ARN}:stateMachine:Runctl --input file://job.json`,
    ]);
  });

  it('names the limit that has to be raised', () => {
    const limits = { maxUsd: 5, maxHours: 2 };
    expect(resumeCommands({ error: 'BudgetReached' }, { limits })[0]).toContain('--add-usd 10');
    expect(resumeCommands({ error: 'TimeLimitReached' }, { limits })[0]).toContain('--add-hours 12');
    // A budget of the stack's: nothing of the job's is to be raised.
    expect(resumeCommands({ error: 'BudgetReached' })[0]).toBe('  runctl resume digits-1 --region us-east-1');
  });

  it('has them in the alert before its checkpoints are deleted', () => {
    const kept = [{ userId: 'AROA:i-1', checkpoints: 3, sizeBytes: 5e9 }];
    const about = { deleteAt: '2027-02-21T12:00:00.000Z', bucket: 'bucket' };
    const { body } = retentionNotification(aSession({ outcome }), kept, about);
    expect(body).toContain('What it saved (3 checkpoints, 4.66 GiB) is deleted after 2027-02-21 12:00 UTC.');
    expect(commandsIn(body)).toHaveLength(4);
  });
});
