/** Mistakes that somebody could make in the product: the simulation must find each. */
import type { SourceChange } from '../../simulation/bundles/change-sources';
import { ALL_FAULTS, type FaultProfile, NO_FAULTS } from '../../simulation/faults/profile';

export interface SeededBug {
  name: string;
  changes: readonly SourceChange[];
  /** Any of these finds it. */
  caughtBy: readonly string[];
  /** Of a small world that shows it, or of the first of some. */
  seed: string;
  sessions: number;
  faults: FaultProfile;
}

const instances = (faults: Partial<FaultProfile['instances']>): FaultProfile => ({
  ...NO_FAULTS,
  instances: { ...NO_FAULTS.instances, ...faults },
});

/** EC2 launches what is asked for, and hardly ever says so; users abort. */
const LAUNCHES_UNHEARD: FaultProfile = {
  ...NO_FAULTS,
  launches: { ...NO_FAULTS.launches, answerLost: 0.97 },
  users: { ...NO_FAULTS.users, abort: 1 },
};

const NOTHING_ADOPTED: SourceChange = {
  file: 'core/decide/adopt.ts',
  find: 'if (session.outcome === null) return session;',
  replace: 'if (session.outcome === null || session.outcome) return session;',
};

const small = { seed: 'bug', sessions: 8, faults: NO_FAULTS } as const;

export const SEEDED_BUGS: readonly SeededBug[] = [
  {
    name: 'the fence is dropped',
    changes: [
      {
        file: 'core/decide/orders.ts',
        find: 'earlier.flatMap(({ nodes }) => nodes).every((node) => trainsNoMore(node, now)) &&',
        replace: '(earlier.length >= 0 || trainsNoMore(earlier[0]?.nodes[0] as Node, now)) &&',
      },
    ],
    caughtBy: ['one attempt trains at a time', 'little work is lost', 'committed checkpoints are kept'],
    ...small,
    faults: { ...instances({ networkLost: 1 }), slowShutdown: 1 },
    sessions: 20,
  },
  {
    name: 'a replacement need not wait for the attempt that still trains',
    changes: [
      {
        file: 'core/decide/orders.ts',
        find: 'session.attempts.filter(({ number }) => number < attempt.number);',
        replace: 'session.attempts.filter(({ number, verdict }) => number < attempt.number && verdict !== null);',
      },
    ],
    caughtBy: ['one attempt trains at a time'],
    ...small,
    faults: instances({ rebalanceOnly: 1 }),
    sessions: 20,
  },
  {
    name: 'the intent is not written before CreateFleet',
    changes: [
      {
        file: 'lambdas/launch-nodes/launch-nodes.ts',
        find: "session: next.kind === 'call' ? next.session : before",
        replace: 'session: before',
      },
    ],
    caughtBy: ['the end is true', 'every session ends once'],
    ...small,
  },
  {
    name: 'a manifest is committed before the upload',
    changes: [
      {
        file: 'agent/checkpoints/uploader.ts',
        find: 'const files = await underWay.send().finally(() => {',
        replace: `const early = candidate.files.map(({ path, sizeBytes }) => ({ path, sizeBytes, sha256: '' }));
    await this.#putManifest(item, sequence, new Date(clock.now()).toISOString(), early);
    const files = await underWay.send().finally(() => {`,
      },
    ],
    caughtBy: ['committed checkpoints are kept'],
    ...small,
  },
  {
    name: 'a half-written file is taken for a checkpoint',
    changes: [
      { file: 'agent/checkpoints/watcher.ts', find: 'if (isOpen(candidate)) continue;', replace: '' },
      { file: 'agent/checkpoints/watcher.ts', find: 'const FILE_LOOKS = 2;', replace: 'const FILE_LOOKS = 1;' },
    ],
    caughtBy: ['committed checkpoints are kept'],
    ...small,
  },
  {
    name: 'the lease is never renewed',
    changes: [{ file: 'core/decide/due.ts', find: '(isAged && mayRenew', replace: '(isAged && mayRenew && false' }],
    caughtBy: ['attempts end for a reason', 'little work is lost', 'every session ends once'],
    ...small,
    sessions: 20,
  },
  {
    name: 'the agent does not keep the dead-man timer away',
    changes: [
      {
        file: 'agent/open-context.ts',
        find: `onGood: () => {
      try {
        deadMan.touch();`,
        replace: `onGood: () => {
      try {`,
      },
    ],
    caughtBy: ['attempts end for a reason', 'little work is lost'],
    ...small,
  },
  {
    name: 'an answer to an earlier token counts for the new one',
    changes: [
      {
        file: 'lambdas/start-training/start-training.ts',
        find: '{ ...attempt, taskToken, completion: null }',
        replace: '{ ...attempt, taskToken }',
      },
      {
        file: 'core/decide/due.ts',
        find: 'executionIsGone || !isDue(attempt.completion, now))',
        replace: 'executionIsGone || attempt.completion !== null)',
      },
    ],
    caughtBy: ['every session ends once'],
    ...small,
    sessions: 20,
    faults: { ...NO_FAULTS, api: ALL_FAULTS.api, functions: { crash: 0.1, hang: 0, resultLost: 0.1 } },
  },
  {
    name: 'what was launched and never recorded is on no bill',
    changes: [NOTHING_ADOPTED],
    caughtBy: ['costs are true'],
    ...small,
    sessions: 20,
    faults: LAUNCHES_UNHEARD,
  },
  {
    name: 'nothing is looked for by its tag',
    changes: [
      {
        file: 'core/decide/due.ts',
        find: 'if (session.outcome === null && !isLaunched) return [];',
        replace: 'if (isLaunched || !isLaunched) return [];',
      },
      NOTHING_ADOPTED,
      {
        file: 'lambdas/reconcile/reconcile.ts',
        find: 'if (live.length === 0) return;',
        replace: 'if (live.length >= 0) return;',
      },
    ],
    caughtBy: ['nothing outlives its session', 'every session ends once'],
    ...small,
    sessions: 20,
    faults: LAUNCHES_UNHEARD,
  },
  {
    name: 'the end is published again by every retry',
    changes: [
      {
        file: 'core/notifications/notification-claim.ts',
        find: "if (notification?.doneAt != null) return { session, result: 'told' };",
        replace: '',
      },
    ],
    caughtBy: ['one notification of the end'],
    ...small,
    sessions: 20,
    faults: { ...NO_FAULTS, functions: { crash: 0, hang: 0, resultLost: 0.3 } },
  },
  {
    name: 'training is killed at once instead of asked to save',
    changes: [
      {
        file: 'agent/train.ts',
        find: 'if (latch.immediate) return signalledAtMs;',
        replace: 'if (latch.immediate || !latch.immediate) return signalledAtMs;',
      },
    ],
    caughtBy: ['little work is lost'],
    ...small,
    faults: instances({ notice: 1 }),
  },
  {
    name: 'the oldest checkpoint is resumed from',
    changes: [
      {
        file: 'core/checkpoints/checkpoint.ts',
        find: 'b.attempt - a.attempt || b.sequence - a.sequence',
        replace: 'a.attempt - b.attempt || a.sequence - b.sequence',
      },
    ],
    caughtBy: ['committed checkpoints are kept', 'little work is lost'],
    ...small,
    faults: instances({ notice: 1 }),
  },
  {
    name: 'the newest checkpoint is pruned',
    changes: [
      {
        file: 'core/checkpoints/checkpoint.ts',
        find: 'sort((a, b) => b - a).slice(Math.max(1, keepLast))',
        replace: 'sort((a, b) => a - b).slice(Math.max(1, keepLast))',
      },
    ],
    caughtBy: ['committed checkpoints are kept'],
    ...small,
  },
  {
    name: 'task tokens are logged',
    changes: [
      {
        file: 'lambdas/start-training/start-training.ts',
        find: "deps.log.info('Start command sent', {",
        replace: "deps.log.info('Start command sent', { waitsOn: taskTokenOf(session, number),",
      },
      {
        file: 'lambdas/start-training/start-training.ts',
        find: 'function wasSent(',
        replace: `const taskTokenOf = (session: Session, number: number) => requireAttempt(session, number).taskToken;

function wasSent(`,
      },
      {
        file: 'lambdas/shared/redact.ts',
        find: ".replace(LONG_BASE64, '[redacted]')",
        replace: '',
      },
    ],
    caughtBy: ['secrets stay secret'],
    ...small,
  },
  {
    name: 'success is claimed although no result was uploaded',
    changes: [
      {
        file: 'agent/finish.ts',
        find: 'if (!context.state.state.hasTrained) return { manifestUri: null, ending };',
        replace: "if (rank0(context) === 'rank 0') return { manifestUri: null, ending };",
      },
      {
        file: 'agent/finish.ts',
        find: 'const failed = (ending',
        replace:
          "const rank0 = (context: AgentContext) => (context.config.attempt > 0 ? 'rank 0' : 'none');\nconst failed = (ending",
      },
      {
        file: 'lambdas/collect-results/collect-results.ts',
        find: "if (manifests.length === 0) throw unverified(['the node reported no results manifest']);",
        replace: '',
      },
    ],
    caughtBy: ['the end is true'],
    ...small,
    sessions: 20,
    faults: instances({ notice: 1 }),
  },
  {
    name: 'a gang that came in part is taken for one',
    changes: [
      {
        file: 'lambdas/launch-nodes/launch-nodes.ts',
        find: 'const isWhole = instances.length >= request.nodes;',
        replace: 'const isWhole = instances.length > 0;',
      },
    ],
    caughtBy: ['gangs are whole'],
    ...small,
    sessions: 20,
    faults: { ...NO_FAULTS, launches: { ...NO_FAULTS.launches, partial: 1 } },
  },
  {
    name: 'the first hour is paid for although AWS interrupted it',
    changes: [
      {
        file: 'core/costs/node-cost.ts',
        find: 'const isWaived = wasWaived(node);',
        replace: 'const isWaived = wasWaived(node) && false;',
      },
    ],
    caughtBy: ['costs are true'],
    ...small,
    sessions: 20,
    faults: instances({ notice: 1 }),
  },
  {
    name: 'spot costs what it cost at launch, whatever the market does',
    changes: [
      {
        file: 'core/costs/node-cost.ts',
        find: "const points = node.market === 'spot' ? (spotPrices[poolOf(node)] ?? []) : [];",
        replace:
          "const points = node.market === 'spot' && poolOf(node) === '' ? (spotPrices[poolOf(node)] ?? []) : [];",
      },
    ],
    caughtBy: ['costs are true'],
    ...small,
    sessions: 20,
    faults: { ...NO_FAULTS, prices: { changes: 12 } },
  },
  {
    name: 'the limit in dollars does not reach the lease',
    changes: [
      {
        file: 'core/decide/orders.ts',
        find: 'stopAt: limit?.stopAt ?? null,',
        replace: "stopAt: limit?.reason === 'BudgetReached' ? null : (limit?.stopAt ?? null),",
      },
    ],
    caughtBy: ['limits hold'],
    ...small,
    sessions: 40,
  },
  {
    name: 'an alert is published at every look',
    changes: [
      {
        file: 'core/decide/due.ts',
        find: 'session.alerts[alertId] === undefined);',
        replace: 'alertId.length > 0);',
      },
    ],
    caughtBy: ['each alert is told once'],
    ...small,
    faults: instances({ notice: 1 }),
  },
  {
    name: 'a threshold of a budget is told by every pass',
    changes: [
      {
        file: 'lambdas/shared/publish-once.ts',
        find: 'if (!(await marks.claim(notification.alertId))) return false;',
        replace: 'await marks.claim(notification.alertId);',
      },
    ],
    caughtBy: ['each alert is told once'],
    ...small,
    sessions: 20,
    faults: { ...NO_FAULTS, budgets: 1 },
  },
  {
    name: 'nobody is told that a budget is spent by four fifths',
    changes: [
      {
        file: 'core/alerts/stack-budget.ts',
        find: 'const reached = THRESHOLDS.filter(',
        replace: 'const reached = THRESHOLDS.filter((threshold) => threshold !== 80).filter(',
      },
    ],
    caughtBy: ['each alert is told once'],
    ...small,
    sessions: 20,
    faults: { ...NO_FAULTS, budgets: 1 },
  },
];
