/** Training as an unprivileged user, which needs root: the way it is on EC2. */
import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { Machine, type MachineOptions } from './machine';

const canSwitchUser = process.getuid?.() === 0 && spawnSync('which', ['setpriv']).status === 0;
const itAsRoot = canSwitchUser ? it : it.skip;

let machine: Machine;

afterEach(() => machine?.shutDown());

async function boot(options: MachineOptions): Promise<Machine> {
  machine = await Machine.boot(options);
  // As install-agent.sh leaves it.
  chmodSync(machine.home, 0o711);
  machine.user = { name: 'nobody', uid: 65534, gid: 65534, home: '/nonexistent' };
  return machine.start();
}

describe('the training user', () => {
  itAsRoot('owns what is its, and nothing of the agent', async () => {
    const command = [
      'id -un',
      'echo "home $HOME"',
      'echo model > "$RUNCTL_OUTPUT_DIR/model"',
      'echo state > "$RUNCTL_CHECKPOINT_DIR/last"',
      'echo data > "$RUNCTL_DATA_DIR/cache"',
      'ls ../agent-state.json .. 2>/dev/null || echo "no listing"',
      'echo x > ../agent-state.json || echo "no writing"',
      'cat /proc/self/oom_score_adj',
      'grep NoNewPrivs /proc/self/status',
    ].join('\n');
    await boot({ job: { command } });
    const final = await machine.ended();
    expect(final).toMatchObject({ outcome: 'succeeded', lastCheckpoint: { name: 'last' } });
    const log = machine.trainingLog();
    for (const line of ['nobody', 'home /nonexistent', 'no listing', 'no writing', '500', 'NoNewPrivs:\t1']) {
      expect(log).toContain(`${line}\n`);
    }
    expect(machine.results()).toContain('model');
    expect(machine.lines).not.toContain('metadata is open to 65534');
  });

  itAsRoot('is told to save, and reaches the credentials only when the job says so', async () => {
    const command =
      'trap "echo saved; exit 0" TERM; echo "region $AWS_REGION"; echo step=1; while :; do sleep 0.05; done';
    await boot({ job: { command, aws: true } });
    await machine.untilStep(1);
    machine.imds.interrupt();
    expect(await machine.ended()).toMatchObject({ outcome: 'interrupted', exitCode: 0 });
    expect(machine.trainingLog()).toMatch(/^region eu-west-1\nstep=1\n(.*\n)*saved\n$/);
    expect(machine.lines).toContain('metadata is open to 65534');
  });
});
