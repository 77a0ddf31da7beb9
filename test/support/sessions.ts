/** Builders of session records, for tests of decisions: a session that trains on one spot node since ten minutes. */

import type { JobSpecInput } from '../../core/job/job-spec';
import { requireJobSpec } from '../../core/job/job-spec-problems';
import type { FinalStatus, NodeStatus } from '../../core/node/node-status';
import type { Attempt, Node, Session } from '../../core/session/session';
import { iso, MINUTE_MS } from '../../core/time';

/** The `now` of these tests. */
export const NOW = Date.parse('2026-11-23T12:00:00Z');
export const minutesAgo = (minutes: number) => iso(NOW - minutes * MINUTE_MS);

const progress = { step: 100, total: 1000, metrics: { loss: 0.5 }, etaSeconds: 60, steppedAt: minutesAgo(0) };

const ENDED = ['stopping', 'stopped', 'shutting-down', 'terminated', 'gone'];

export function aNode(changes: Partial<Node> = {}): Node {
  const instanceId = changes.instanceId ?? 'i-00000000000000001';
  return {
    instanceId,
    userId: `AROANODE:${instanceId}`,
    rank: 0,
    instanceType: 'g5.xlarge',
    zone: 'us-east-1a',
    market: 'spot',
    privateAddress: '10.0.0.1',
    hasPublicAddress: false,
    volumeGiB: 100,
    launchedAt: minutesAgo(10),
    usdPerHour: 0.5,
    onDemandUsdPerHour: 1,
    state: 'running',
    stateSince: minutesAgo(10),
    stateReason: null,
    endedAt: ENDED.includes(changes.state ?? 'running') ? (changes.stateSince ?? minutesAgo(0)) : null,
    noticeAt: null,
    rebalanceAt: null,
    suspectSince: null,
    statusAt: minutesAgo(0),
    status: { stage: 'train', stages: [], progress, lastCheckpoint: null, resumedFrom: null },
    final: null,
    terminateRequestedAt: null,
    ...changes,
  };
}

export function anAttempt(changes: Partial<Attempt> = {}): Attempt {
  return {
    number: 1,
    beganAt: minutesAgo(10),
    launch: {
      requestedAt: minutesAgo(10),
      doneAt: minutesAgo(10),
      try: 1,
      request: { clientToken: 'token', market: 'spot', nodes: 1, pools: [], volumeGiB: 100, tags: {} },
      errors: [],
    },
    nodes: [aNode()],
    command: { requestedAt: minutesAgo(9), doneAt: minutesAgo(9), commandId: 'command' },
    taskToken: 'secret-token',
    heartbeatAt: minutesAgo(1),
    verdict: null,
    completion: null,
    ...changes,
  };
}

export function aSession(changes: Partial<Session> = {}, job: Partial<JobSpecInput> = {}): Session {
  return {
    sessionId: 'digits-1',
    version: 7,
    executionArn: 'arn:aws:states:us-east-1:000000000000:execution:Runctl:digits-1',
    createdAt: minutesAgo(11),
    job: requireJobSpec({ name: 'digits', command: 'python3 train.py', ...job }),
    inheritedCandidates: [],
    resultsUri: 's3://bucket/results/digits-1/',
    attempts: [anAttempt()],
    stopRequest: null,
    outcome: null,
    notification: null,
    lease: null,
    volumeUsdPerGibMonth: 0,
    spotPrices: {},
    cost: null,
    costsSettledAt: null,
    budgetLimit: null,
    alerts: {},
    emptyLookAt: null,
    releasedAt: null,
    timeline: [],
    ...changes,
  };
}

const lastCheckpoint = {
  name: 'step-100.pt',
  step: 100,
  sequence: 3,
  sizeBytes: 10,
  committedAt: minutesAgo(1),
  uploadSeconds: 2,
};

export function aFinal(changes: Partial<FinalStatus> = {}): FinalStatus {
  return {
    version: 1,
    sessionId: 'digits-1',
    attempt: 1,
    at: minutesAgo(0),
    notice: null,
    outcome: 'succeeded',
    reason: null,
    exitCode: 0,
    signal: null,
    error: null,
    stage: 'train',
    logTail: [],
    logUri: null,
    lastCheckpoint,
    resumedFrom: null,
    progress,
    stages: [],
    shutdown: null,
    resultsManifestUri: null,
    ...changes,
  };
}

export function aStatus(changes: Partial<NodeStatus> = {}): NodeStatus {
  return {
    version: 1,
    seq: 1,
    agentStartedAt: minutesAgo(9),
    sessionId: 'digits-1',
    attempt: 1,
    at: minutesAgo(0),
    stage: 'train',
    stages: [],
    stageFraction: null,
    progress,
    lastCheckpoint: null,
    resumedFrom: null,
    warnings: [],
    stopping: null,
    ...changes,
  };
}
