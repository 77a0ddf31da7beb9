/** Machines whose training is the fixture, or a command of the test's own; gone after each test. */
import type { CheckpointManifest } from '../../core/checkpoints/checkpoint';
import { BUCKET, FIXTURES, Machine, type MachineOptions } from './machine';

const booted: Machine[] = [];

export async function boot(command: string, options: MachineOptions = {}): Promise<Machine> {
  const machine = await Machine.boot({
    ...options,
    job: {
      command: command.startsWith('-') ? `python3 ${FIXTURES}/train.py ${command}` : command,
      checkpoints: { pattern: 'step-*', resumeArg: '--resume {path}' },
      ...options.job,
    },
  });
  booted.push(machine);
  return machine;
}

afterEach(() => {
  for (const machine of booted.splice(0)) machine.shutDown();
});

/** Of the checkpoints that a machine committed and kept. */
export const manifestsOf = ({ store, userId }: Machine) =>
  store
    .keys(`${BUCKET}/nodes/${userId}/checkpoints/`)
    .filter((key) => key.endsWith('/manifest.json'))
    .map((key) => store.json<CheckpointManifest>(key) as CheckpointManifest);
