import type { CheckpointManifest } from '../../core/checkpoints/checkpoint';
import { checkpointPrefix } from '../../core/s3-layout';
import type { Session } from '../../core/session/session';
import { HOUR_MS, iso } from '../../core/time';
import { planJob } from '../../lambdas/plan-job/plan-job';
import { keepCheckpoints } from '../../lambdas/reap-zombies/keep-checkpoints';
import { type ReaperPorts, reaperPorts } from '../support/reaper-ports';
import { aNode, anAttempt, aSession, minutesAgo, NOW } from '../support/sessions';

const DAY_MS = 24 * HOUR_MS;
const userId = (attempt: number) => `AROANODE:i-${attempt}`;
const lastCheckpoint = {
  ...{ name: 'step-1.pt', step: 1, sequence: 1, sizeBytes: 7, committedAt: minutesAgo(1), uploadSeconds: 1 },
};

/** A session of so many attempts, each of which has committed. */
function ofAttempts(count: number, changes: Partial<Session> = {}, keepLast = 2): Session {
  const attempts = Array.from({ length: count }, (_, index) => {
    const node = aNode({ instanceId: `i-${index + 1}`, userId: userId(index + 1) });
    const status = node.status && { ...node.status, lastCheckpoint };
    return anAttempt({
      number: index + 1,
      nodes: [{ ...node, status, state: index + 1 < count ? 'gone' : 'running' }],
    });
  });
  return aSession({ attempts, ...changes }, { checkpoints: { keepLast } });
}

const ended = (result: 'succeeded' | 'stopped', resumable = false): Partial<Session> => ({
  outcome: { result, error: null, message: '', at: minutesAgo(0), resumable },
  releasedAt: minutesAgo(0),
});

/** Puts a checkpoint into the bucket, manifest last. */
function save(
  ports: ReaperPorts,
  attempt: number,
  sequence: number,
  stored = 'weights',
  changes: Partial<CheckpointManifest> = {},
): void {
  const prefix = checkpointPrefix(userId(attempt), sequence);
  const manifest: CheckpointManifest = {
    ...{ version: 1, sessionId: 'digits-1', attempt, userId: userId(attempt), sequence },
    ...{ name: 'step-1.pt', kind: 'file', step: 1, committedAt: minutesAgo(1) },
    files: [{ path: 'step-1.pt', sizeBytes: 7, sha256: 'x' }],
    ...changes,
  };
  ports.objects.set(`s3://bucket/${prefix}step-1.pt`, stored);
  ports.objects.setJson(`${prefix}manifest.json`, manifest);
}

/** Attempt and sequence of every checkpoint that has a manifest. */
const left = ({ objects }: ReaperPorts) =>
  [...objects.objects.keys()].flatMap((uri) => {
    const [, attempt, sequence] = /i-(\d+)\/checkpoints\/0*(\d+)\/manifest\.json$/.exec(uri) ?? [];
    return attempt === undefined ? [] : [`${attempt}/${sequence}`];
  });
const below = ({ objects }: ReaperPorts, attempt: number) =>
  [...objects.objects.keys()].filter((uri) => uri.includes(`${userId(attempt)}/checkpoints/`));

describe('superseded checkpoints', () => {
  it('go once a newer attempt’s was verified, as many stay as the job keeps', async () => {
    const ports = reaperPorts(ofAttempts(2));
    for (const sequence of [1, 2, 3]) save(ports, 1, sequence);
    save(ports, 2, 1);
    await keepCheckpoints(ports);
    expect(left(ports)).toEqual(['1/3', '2/1']);

    save(ports, 2, 2);
    await keepCheckpoints(ports);
    expect(left(ports)).toEqual(['1/3', '2/1', '2/2']);
    ports.clock.pass(HOUR_MS);
    await keepCheckpoints(ports);
    expect(left(ports)).toEqual(['2/1', '2/2']);
    expect(below(ports, 1)).toEqual([]);
    expect(ports.sessions.record().retention).toMatchObject({ emptyBelow: 2, nextAt: null });
  });

  it('stay while the newer one is torn, or its manifest says otherwise', async () => {
    const ports = reaperPorts(ofAttempts(2));
    for (const sequence of [1, 2, 3]) save(ports, 1, sequence);
    save(ports, 2, 1, 'torn');
    await keepCheckpoints(ports);
    expect(left(ports)).toEqual(['1/1', '1/2', '1/3', '2/1']);

    save(ports, 2, 2);
    ports.clock.pass(HOUR_MS);
    await keepCheckpoints(ports);
    expect(left(ports)).toEqual(['2/1', '2/2']);
  });

  it('stay while all of the newer attempt were saved when the loss was no number', async () => {
    const ports = reaperPorts(ofAttempts(2));
    for (const sequence of [1, 2, 3]) save(ports, 1, sequence);
    for (const sequence of [1, 2]) save(ports, 2, sequence, 'weights', { notFinite: { step: 9, finiteStep: 8 } });
    await keepCheckpoints(ports);
    expect(left(ports)).toEqual(['1/1', '1/2', '1/3', '2/1', '2/2']);
  });

  it('of an attempt that saved nothing leave what stands behind it', async () => {
    const ports = reaperPorts(ofAttempts(3, {}, 1));
    for (const sequence of [1, 2]) save(ports, 1, sequence);
    save(ports, 2, 1);
    await keepCheckpoints(ports);
    expect(left(ports)).toEqual(['2/1']);
    expect(ports.sessions.record().retention?.emptyBelow).toBe(2);
  });

  it('are not looked for in a session of one attempt that goes on', async () => {
    const ports = reaperPorts(ofAttempts(1));
    save(ports, 1, 1);
    ports.objects.list = () => {
      throw new Error('It looked.');
    };
    expect(await keepCheckpoints(ports)).toBe(true);
  });

  it('lose their manifest first', async () => {
    const ports = reaperPorts(ofAttempts(2, {}, 1));
    save(ports, 1, 1);
    save(ports, 2, 1);
    const removed: string[] = [];
    const remove = ports.objects.remove.bind(ports.objects);
    ports.objects.remove = async (keys) => {
      removed.push(...keys);
      await remove(keys);
    };
    await keepCheckpoints(ports);
    const prefix = checkpointPrefix(userId(1), 1);
    expect(removed).toEqual([`${prefix}manifest.json`, `${prefix}step-1.pt`]);
  });
});

describe('superseded shards', () => {
  /** Of two nodes each; rank 1 of attempt 2 has the user id of "attempt" 12. */
  const ofGangs = (keepLast: number): Session => {
    const session = ofAttempts(2, {}, keepLast);
    const attempts = session.attempts.map((attempt) => {
      const [leader] = attempt.nodes;
      const peer = { instanceId: `i-${10 + attempt.number}`, userId: userId(10 + attempt.number), rank: 1 };
      return { ...attempt, nodes: leader === undefined ? [] : [leader, { ...leader, ...peer }] };
    });
    const { job } = session;
    const checkpoints = { ...job.checkpoints, upload: 'all' as const };
    return { ...session, attempts, job: { ...job, checkpoints, resources: { ...job.resources, nodes: 2 } } };
  };

  /** As a node of its gang commits it. */
  function saveShard(ports: ReaperPorts, node: number, sequence: number, stored?: string, changes: object = {}): void {
    const attempt = node % 10;
    const userIds = [userId(attempt), userId(10 + attempt)];
    const shard = { rank: userIds.indexOf(userId(node)), userIds };
    save(ports, node, sequence, stored, { attempt, shard, ...changes });
  }

  it('stay while the newer checkpoint lacks the shard of one node: what is left would be no checkpoint at all', async () => {
    const ports = reaperPorts(ofGangs(1));
    for (const node of [1, 11, 2]) saveShard(ports, node, 1);
    await keepCheckpoints(ports);
    expect(left(ports)).toEqual(['1/1', '11/1', '2/1']);

    saveShard(ports, 12, 1);
    ports.clock.pass(HOUR_MS);
    await keepCheckpoints(ports);
    expect(left(ports)).toEqual(['2/1', '12/1']);
    expect(ports.sessions.record().retention).toMatchObject({ emptyBelow: 2, nextAt: null });
  });

  it('stay or go together, also where nodes have counted apart', async () => {
    const ports = reaperPorts(ofGangs(2));
    saveShard(ports, 1, 1);
    saveShard(ports, 11, 1, 'torn');
    saveShard(ports, 11, 2);
    for (const node of [2, 12]) saveShard(ports, node, 1);
    await keepCheckpoints(ports);
    expect(left(ports)).toEqual(['1/1', '11/2', '2/1', '12/1']);
  });

  it.each([
    ['another gang', { shard: { rank: 1, userIds: [userId(3), userId(12)] } }],
    ['another attempt', { attempt: 1 }],
    ['another rank', { shard: { rank: 0, userIds: [userId(2), userId(12)] } }],
    ['no gang', { shard: undefined }],
  ])('of %s complete no newer checkpoint, which no node would resume from', async (_what, changes) => {
    const ports = reaperPorts(ofGangs(1));
    for (const node of [1, 11, 2]) saveShard(ports, node, 1);
    saveShard(ports, 12, 1, 'weights', { ...changes, step: 1 });
    await keepCheckpoints(ports);
    expect(left(ports)).toEqual(expect.arrayContaining(['1/1', '11/1', '2/1']));
  });

  it('that were committed twice are one checkpoint: the place of no other', async () => {
    const ports = reaperPorts(ofGangs(2));
    for (const node of [1, 11, 2, 12]) saveShard(ports, node, 1);
    saveShard(ports, 2, 2);
    await keepCheckpoints(ports);
    expect(left(ports)).toEqual(expect.arrayContaining(['1/1', '11/1', '2/2', '12/1']));
  });
});

describe('after the end', () => {
  const daysAfter = (ports: ReaperPorts, days: number) => {
    ports.clock.nowMs = NOW + days * DAY_MS;
    return keepCheckpoints(ports);
  };

  it('of success they are kept 14 days, with an alert a week before', async () => {
    const ports = reaperPorts(ofAttempts(1, ended('succeeded')));
    save(ports, 1, 1);
    await daysAfter(ports, 0);
    await daysAfter(ports, 6.9);
    expect(ports.notifier.published).toEqual([]);
    await daysAfter(ports, 7);
    expect(ports.notifier.published).toMatchObject([
      {
        ...{ kind: 'retention', severity: 'info', sessionId: 'digits-1', alertId: 'retention-digits-1-2026-12-07' },
        subject: 'runctl: checkpoints of digits-1 are deleted on 2026-12-07',
        body: expect.stringContaining(
          'aws s3 sync s3://bucket/nodes/AROANODE:i-1/checkpoints/ digits-1-checkpoints/i-1/',
        ),
      },
    ]);
    await daysAfter(ports, 13.9);
    expect(left(ports)).toEqual(['1/1']);
    await daysAfter(ports, 14);
    expect(below(ports, 1)).toEqual([]);
    expect(ports.sessions.record().retention?.deletion?.doneAt).toBe(iso(NOW + 14 * DAY_MS));
    await daysAfter(ports, 99);
    expect(ports.notifier.published).toHaveLength(1);
  });

  it('of any other kind they are kept 90 days, and the alert says how to go on', async () => {
    const ports = reaperPorts(ofAttempts(1, ended('stopped', true)));
    save(ports, 1, 1);
    for (const days of [0, 14, 82]) await daysAfter(ports, days);
    expect(ports.notifier.published).toEqual([]);
    await daysAfter(ports, 83);
    expect(ports.notifier.published).toMatchObject([
      { severity: 'warning', body: expect.stringContaining('"resumeFrom": "digits-1"') },
    ]);
    await daysAfter(ports, 90);
    expect(left(ports)).toEqual([]);
  });

  it('a look that comes late still warns a week before', async () => {
    const ports = reaperPorts(ofAttempts(1, ended('succeeded')));
    save(ports, 1, 1);
    await daysAfter(ports, 50);
    expect(ports.notifier.published[0]?.subject).toContain('2027-01-19');
    await daysAfter(ports, 56.9);
    expect(left(ports)).toEqual(['1/1']);
    await daysAfter(ports, 57);
    expect(left(ports)).toEqual([]);
  });

  it('nothing is deleted that nobody could be warned of', async () => {
    const ports = reaperPorts(ofAttempts(1, ended('succeeded')));
    save(ports, 1, 1);
    await daysAfter(ports, 0);
    ports.notifier.publish = () => Promise.reject(new Error('SNS is away'));
    await expect(daysAfter(ports, 7)).rejects.toThrow('SNS is away');
    await expect(daysAfter(ports, 14)).rejects.toThrow('SNS is away');
    expect(left(ports)).toEqual(['1/1']);
  });

  it('nobody is warned of nothing', async () => {
    const ports = reaperPorts(ofAttempts(1, ended('succeeded')));
    for (const days of [0, 7, 14]) await daysAfter(ports, days);
    expect(ports.notifier.published).toEqual([]);
    expect(ports.sessions.record().retention?.deletion?.doneAt).not.toBeNull();
  });

  it('a deletion that died halfway is gone on with, without its manifest from the first moment', async () => {
    const ports = reaperPorts(ofAttempts(1, ended('succeeded')));
    save(ports, 1, 1);
    for (const days of [0, 7]) await daysAfter(ports, days);
    const remove = ports.objects.remove.bind(ports.objects);
    let calls = 0;
    ports.objects.remove = async (keys) => {
      if (++calls > 1) throw new Error('the function died');
      await remove(keys);
    };
    await expect(daysAfter(ports, 14)).rejects.toThrow('the function died');
    expect(below(ports, 1)).toEqual([expect.stringMatching(/step-1\.pt$/)]);
    ports.objects.remove = remove;
    await daysAfter(ports, 14.1);
    expect(below(ports, 1)).toEqual([]);
  });

  it('a session that resumed from it keeps it, as long as its own', async () => {
    const ports = reaperPorts(ofAttempts(1, ended('stopped', true)));
    save(ports, 1, 1);
    const job = {
      name: 'digits',
      command: 'true',
      resumeFrom: 'digits-1',
      resources: { instanceTypes: ['g5.xlarge'] },
    };
    const gone = ports.sessions.record().attempts.map((attempt) => ({
      ...attempt,
      nodes: attempt.nodes.map((node) => ({ ...node, state: 'gone' as const })),
    }));
    ports.sessions.records.set('digits-1', { ...ports.sessions.record(), attempts: gone });
    await planJob({ sessionId: 'digits-2', executionArn: 'arn', job }, ports);
    expect(ports.sessions.record().retention?.heldBy).toEqual(['digits-2']);
    for (const days of [0, 83, 90, 200]) await daysAfter(ports, days);
    expect(left(ports)).toEqual(['1/1']);
    expect(ports.notifier.published).toEqual([]);

    // The other ends before it had an instance: it needs nothing any more.
    const outcome = { result: 'failed' as const, error: null, message: '', at: iso(NOW), resumable: false };
    ports.sessions.records.set('digits-2', { ...ports.sessions.record('digits-2'), outcome });
    for (const days of [201, 208]) await daysAfter(ports, days);
    expect(left(ports)).toEqual([]);

    const again = planJob({ sessionId: 'digits-3', executionArn: 'arn', job }, ports);
    await expect(again).rejects.toMatchObject({
      name: 'InvalidJobSpec',
      message: expect.stringContaining('its checkpoints were deleted on 2027-06-19'),
    });
  });

  it('a session that fails keeps no other from its turn; without time the next pass goes on', async () => {
    const other = ofAttempts(1, { sessionId: 'digits-2', ...ended('succeeded') });
    const ports = reaperPorts(ofAttempts(1, ended('succeeded')), other);
    const get = ports.sessions.get.bind(ports.sessions);
    ports.sessions.get = async (id) => {
      if (id === 'digits-1') throw new Error('DynamoDB is away');
      return get(id);
    };
    await expect(keepCheckpoints(ports)).rejects.toThrow('DynamoDB is away');
    expect(ports.sessions.record('digits-2').retention?.nextAt).toBe(iso(NOW + 7 * DAY_MS));
    expect(await keepCheckpoints({ ...ports, hasTime: () => false })).toBe(false);
  });
});
