/** A disk with no room left: the agent goes on, and says so. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeadMan } from '../../agent/dead-man';
import { StateFile } from '../../agent/state-file';
import { boot } from './boot';
import { FIXTURES } from './machine';

describe('on a full disk', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'runctl-full-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('the dead-man timer is still put off', () => {
    const deadMan = new DeadMan(home);
    deadMan.touch();
    const countdown = join(home, 'deadman', 'countdown');
    writeFileSync(countdown, '7\n');
    // Nothing new can be written here.
    mkdirSync(`${countdown}.new`);
    deadMan.touch();
    expect(readFileSync(countdown, 'utf8')).toBe('1200\n');
  });

  it('the state is kept in memory, said not to be written, and written with the next change', () => {
    const path = join(home, 'state.json');
    const fresh = { sessionId: 's', attempt: 1, startedAt: '' };
    const state = new StateFile(path, fresh);
    const troubles: string[] = [];
    state.onTrouble = (why) => troubles.push(why);
    state.save({ phase: 'staged' });
    mkdirSync(`${path}.new`);
    state.save({ phase: 'training' });
    state.save({ hasTrained: true });
    expect(state.state).toMatchObject({ phase: 'training', hasTrained: true });
    expect(troubles).toHaveLength(1);
    expect(new StateFile(path, fresh).state.phase).toBe('staged');
    rmSync(`${path}.new`, { recursive: true });
    state.save({});
    expect(new StateFile(path, fresh).state).toMatchObject({ phase: 'training', hasTrained: true });
  });

  it('training goes on where only the agent cannot write, and its checkpoints are committed', async () => {
    const machine = await boot('--steps 20 --hold-at 7');
    machine.start();
    await machine.untilStep(3);
    mkdirSync(join(machine.home, 'agent-state.json.new'));
    mkdirSync(join(machine.home, 'deadman', 'countdown.new'));
    await machine.store.until(() => machine.status()?.lastCheckpoint?.step === 5);
    expect(machine.status()?.warnings.join()).toContain("The agent's state could not be written");
    machine.imds.interrupt();
    expect(await machine.ended()).toMatchObject({ outcome: 'interrupted', lastCheckpoint: { step: 7 } });
  });

  it('a script that cannot write fails, what it committed stays, and the error names the setting', async () => {
    const machine = await boot(
      `python3 ${FIXTURES}/train.py --steps 6; sleep 0.5; echo "No space left on device"; exit 28`,
      {
        job: { resources: { volumeGiB: 40 } },
      },
    );
    machine.start({ freeBytes: async () => 4096 });
    const final = await machine.ended();
    expect(final).toMatchObject({ outcome: 'failed', exitCode: 28, lastCheckpoint: { step: 5 } });
    expect(final.error).toBe(
      'the command exited with code 28; the disk of 40 GiB is full; set resources.volumeGiB to more',
    );
    expect(final.logTail).toContain('No space left on device');
  });
});
