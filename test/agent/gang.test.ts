/** One node of several: what it does when another is about to go. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lookAt } from '../../agent/checkpoints/look';
import { type AgentState, StateFile } from '../../agent/state-file';
import { finalKey, statusKey } from '../../core/s3-layout';
import { aFinal } from '../support/sessions';
import { boot, manifestsOf } from './boot';
import { BUCKET, type Machine } from './machine';

const nodes = ['i-0a', 'i-0b'].map((instanceId, index) => ({ instanceId, privateAddress: `10.0.0.${index + 1}` }));
const gang = { order: { nodes } };
const peerLost = { nodes, desired: 'stop', reason: 'PeerLost' } as const;

/** What an agent that died while its node trained has left there. */
function leaveBehind({ home, sessionId, attempt }: Machine, more: Partial<AgentState> = {}): void {
  const state = new StateFile(join(home, 'agent-state.json'), {
    sessionId,
    attempt,
    startedAt: new Date().toISOString(),
  });
  state.save({ phase: 'training', hasTrained: true, ...more });
  mkdirSync(join(home, 'logs'));
  writeFileSync(join(home, 'logs', 'train.log'), 'step=3\n');
}

describe('a node of a gang', () => {
  it('that has its notice stops its ranks when the others are told to, not before', async () => {
    const machine = await boot('--steps 50 --hold-at 3', gang);
    machine.start();
    await machine.untilStep(3);
    machine.imds.interrupt();
    await machine.store.until(() => machine.final()?.notice);
    await machine.store.until(() => (machine.status()?.stopping ? true : undefined));
    expect(machine.training()).not.toEqual([]);
    expect(machine.trainingLog()).not.toContain('stopping as asked');

    machine.order(peerLost);
    expect(await machine.ended()).toMatchObject({
      outcome: 'interrupted',
      reason: 'SpotNotice',
      lastCheckpoint: { step: 3 },
    });
  });

  it('that has its notice names it, also when the others’ order came first', async () => {
    const machine = await boot('--steps 50 --hold-at 3', { ...gang, intervals: { noticePoll: 60_000 } });
    machine.start();
    await machine.untilStep(3);
    machine.imds.interrupt();
    machine.order(peerLost);
    const final = await machine.ended();
    expect(final).toMatchObject({ outcome: 'interrupted', reason: 'SpotNotice', lastCheckpoint: { step: 3 } });
    expect(final?.notice).not.toBeNull();
  });

  it('that has its notice waits no longer than it can for a control plane that says nothing', async () => {
    const machine = await boot('--steps 50 --hold-at 3', { ...gang, intervals: { noticeToPeersTold: 30 } });
    machine.start();
    await machine.untilStep(3);
    machine.imds.interrupt();
    expect(await machine.ended()).toMatchObject({ reason: 'SpotNotice', lastCheckpoint: { step: 3 } });
  });

  it.each([0, 1])('whose command ends with %d because another node is going has not ended by itself', async (code) => {
    // The order is there, and not yet read when the command ends.
    const machine = await boot(`echo step=1; while [ ! -f go ]; do sleep 0.02; done; exit ${code}`, {
      ...gang,
      intervals: { leasePoll: 60_000 },
    });
    machine.start();
    await machine.untilStep(1);
    machine.order(peerLost);
    writeFileSync(join(machine.home, 'work', 'go'), '');
    expect(await machine.ended()).toMatchObject({
      outcome: 'interrupted',
      reason: 'PeerLost',
      exitCode: code,
      resultsManifestUri: null,
    });
    expect(machine.results().every((path) => path.startsWith('attempt-1/'))).toBe(true);
  });

  it.each([0, 1])('knows of another’s notice, when its command ends with %d, without a control plane', async (code) => {
    const machine = await boot(`echo step=1; while [ ! -f go ]; do sleep 0.02; done; exit ${code}`, gang);
    machine.start();
    await machine.untilStep(1);
    const { sessionId, attempt } = machine;
    const notice = { action: 'terminate', time: 'soon', seenAt: 'now' };
    const final = aFinal({ sessionId, attempt, notice, outcome: null });
    machine.store.put(`${BUCKET}/${finalKey('AROA1:i-0b')}`, JSON.stringify(final));
    writeFileSync(join(machine.home, 'work', 'go'), '');
    expect(await machine.ended()).toMatchObject({ outcome: 'interrupted', reason: 'PeerLost', exitCode: code });
  });

  it('whose ranks failed while another’s heartbeat had stopped has not failed by itself', async () => {
    const machine = await boot('echo step=1; while [ ! -f go ]; do sleep 0.02; done; exit 1', gang);
    machine.start();
    await machine.untilStep(1);
    machine.store.put(`${BUCKET}/${statusKey('AROA1:i-0b')}`, '{}', machine.store.now() - 200_000);
    writeFileSync(join(machine.home, 'work', 'go'), '');
    expect(await machine.ended()).toMatchObject({ outcome: 'interrupted', reason: 'PeerLost', exitCode: 1 });
  });

  it('that is told of another’s end while it asks after it has not failed by itself', async () => {
    const machine = await boot('echo step=1; while [ ! -f go ]; do sleep 0.02; done; exit 1', gang);
    machine.start();
    await machine.untilStep(1);
    // Its answer takes so long that the other speaks again meanwhile.
    machine.store.whileReading = async (key) => {
      if (key !== statusKey('AROA1:i-0b')) return;
      machine.order(peerLost);
      await machine.store.until(() => (machine.status()?.stopping ? true : undefined));
    };
    machine.store.put(`${BUCKET}/${statusKey('AROA1:i-0b')}`, '{}');
    writeFileSync(join(machine.home, 'work', 'go'), '');
    expect(await machine.ended()).toMatchObject({ outcome: 'interrupted', reason: 'PeerLost', exitCode: 1 });
  });

  it('whose script fails while all is well has failed', async () => {
    const machine = await boot('echo step=1; while [ ! -f go ]; do sleep 0.02; done; exit 1', gang);
    machine.start();
    await machine.untilStep(1);
    machine.store.put(`${BUCKET}/${statusKey('AROA1:i-0b')}`, '{}');
    writeFileSync(join(machine.home, 'work', 'go'), '');
    expect(await machine.ended()).toMatchObject({ outcome: 'failed', exitCode: 1 });
  });

  it('that was cut off from everything when its ranks failed says so', async () => {
    const machine = await boot('echo step=1; while [ ! -f go ]; do sleep 0.02; done; exit 1', gang);
    // The network is back once it is known how it ended.
    const log = (line: string) => {
      machine.lines.push(line);
      if (line === 'stage upload') machine.store.isDown = false;
    };
    machine.start({ log });
    await machine.untilStep(1);
    machine.store.isDown = true;
    writeFileSync(join(machine.home, 'work', 'go'), '');
    expect(await machine.ended()).toMatchObject({ outcome: 'interrupted', reason: 'CutOff', exitCode: 1 });
  });

  describe('told to stop, whose rank ends with 1 while it writes', () => {
    // As torchrun does whether its workers saved or failed; the format does not tell whether the file is whole.
    const script = (seconds: number) =>
      `mkdir -p checkpoints; trap 'exec 3>checkpoints/step-2.bin; printf half >&3; sleep ${seconds}; exit 1' TERM; echo step=1; while :; do sleep 0.02; done`;
    const committed = async (seconds: number, options: Parameters<typeof boot>[1]) => {
      const machine = await boot(script(seconds), options);
      machine.start();
      await machine.untilStep(1);
      machine.order({ ...peerLost, nodes: options?.order?.nodes ?? [] });
      await machine.ended();
      return manifestsOf(machine).length;
    };
    const job = (graceSeconds: number) => ({
      limits: { graceSeconds },
      checkpoints: { dir: 'checkpoints', pattern: 'step-*' },
    });

    it('is believed while no other of the gang can have been killed', async () => {
      expect(await committed(0.01, { ...gang, job: job(60) })).toBe(1);
    });

    it('is not believed once others may have been: its save may have failed for them', async () => {
      expect(await committed(1.2, { ...gang, job: job(2) })).toBe(0);
    });

    it('is believed when there are no others', async () => {
      expect(await committed(1.2, { order: { nodes: nodes.slice(0, 1) }, job: job(2) })).toBe(1);
    });
  });

  it('whose agent died does not begin anew by itself: the gang does', async () => {
    const machine = await boot('--steps 50 --hold-at 3', gang);
    leaveBehind(machine);
    machine.start();
    expect(await machine.ended()).toMatchObject({ outcome: 'interrupted', reason: 'AgentRestarted' });
  });

  it('whose agent died says so, also when the others failed for it and the order to stop came first', async () => {
    const machine = await boot('--steps 50 --hold-at 3', gang);
    leaveBehind(machine);
    machine.order(peerLost);
    machine.start();
    expect(await machine.ended()).toMatchObject({ outcome: 'interrupted', reason: 'AgentRestarted' });
  });

  it('whose agent died commits what was saved as its shard: alone it is no checkpoint', async () => {
    const job = { checkpoints: { pattern: 'step-*', upload: 'all' as const } };
    const machine = await boot('--steps 50 --hold-at 3', { ...gang, job });
    const checkpoints = join(machine.home, 'work', 'checkpoints');
    mkdirSync(checkpoints, { recursive: true });
    writeFileSync(join(checkpoints, 'step-3.json'), '{}');
    const [saved] = (await lookAt(checkpoints, () => true)).candidates;
    const shard = { rank: 0, userIds: nodes.map(({ instanceId }) => `AROA1:${instanceId}`) };
    leaveBehind(machine, { shard, finished: { 'step-3.json': saved?.identity ?? '' } });
    machine.start();
    expect(await machine.ended()).toMatchObject({ reason: 'AgentRestarted' });
    expect(manifestsOf(machine)).toMatchObject([{ name: 'step-3.json', shard }]);
  });

  it('keeps in mind whose shards make a checkpoint with its own', async () => {
    const job = { checkpoints: { pattern: 'step-*', upload: 'all' as const } };
    const machine = await boot('--steps 50 --hold-at 3', { ...gang, job });
    machine.start();
    await machine.untilStep(3);
    const state = JSON.parse(readFileSync(join(machine.home, 'agent-state.json'), 'utf8')) as AgentState;
    expect(state.shard).toEqual({ rank: 0, userIds: ['AROA1:i-0a', 'AROA1:i-0b'] });
    machine.order(peerLost);
    await machine.ended();
  });

  it('finds what torchrun needs in its environment, on a port that is the session’s own', async () => {
    const machine = await boot('env', gang);
    machine.start();
    await machine.ended();
    const log = machine.trainingLog();
    const port = Number(/^MASTER_PORT=(\d+)$/m.exec(log)?.[1]);
    expect(port).toBeGreaterThanOrEqual(29_500);
    expect(port).toBeLessThan(32_768);
    const variables = { NNODES: 2, NODE_RANK: 0, NPROC_PER_NODE: 1, MASTER_ADDR: '10.0.0.1', MASTER_PORT: port };
    for (const [name, value] of Object.entries(variables)) {
      expect(log).toContain(`\n${name}=${value}\n`);
      expect(log).toContain(`PET_${name}=${value}\n`);
    }
  });
});
