/**
 * The command line that runs training in a container. Everything lies under the same paths in it as outside, so that what
 * the command is told and what the agent sees in the process table (files that are open, checkpoints) are one and the same.
 */
import type { TrainingUser } from '../context';
import { shellQuote } from '../training-environment';

export interface ContainerCommandInput {
  /** The engine's client, with its own options. */
  docker: readonly string[];
  image: string;
  name: string;
  command: string;
  workFolder: string;
  /** What the command may read and write. */
  folders: readonly string[];
  /** What it may only read. */
  readOnlyFolders: readonly string[];
  /** `NAME=value`, by which its processes are found from the first moment. */
  marker: string;
  gpus: number;
  user: Pick<TrainingUser, 'uid' | 'gid'>;
  /** From SIGTERM to SIGKILL where the engine itself is stopped, as when the machine powers off. */
  graceSeconds: number;
}

/**
 * Takes the environment from standard input, so that it is in no command line, in no file and in none of the engine's
 * settings, and cannot make the engine's client, which is root's, do as it says. With bash where the image has one; not
 * as a login shell: /etc/profile would undo the PATH that the image sets.
 */
const START = [
  'eval "$(cat)"',
  '[ -n "$RUNCTL_ENVIRONMENT_END" ] || { echo "runctl: the environment did not arrive" >&2; exit 1; }',
  'unset RUNCTL_ENVIRONMENT_END',
  'if command -v bash >/dev/null 2>&1; then exec bash -c "$1" </dev/null; fi',
  'exec sh -c "$1" </dev/null',
].join('; ');

/** For START: `command` keeps a shell alive that will not have one of its own variables set. */
export function containerEnvironment({ PYTHONPATH = '', ...others }: Readonly<Record<string, string>>): string {
  const line = (name: string, value: string) => `command export ${name}=${value} || :`;
  return [
    ...Object.entries(others)
      .filter(([name]) => /^[A-Za-z_]\w*$/.test(name))
      .map(([name, value]) => line(name, shellQuote(value))),
    // The image's own stays behind it.
    line('PYTHONPATH', `${shellQuote(PYTHONPATH)}"\${PYTHONPATH:+:$PYTHONPATH}"`),
    'RUNCTL_ENVIRONMENT_END=yes',
    '',
  ].join('\n');
}

/**
 * The network is the machine's, and the user is the one outside of containers, by number and without a namespace between:
 * so nodes reach each other as ever, and the firewall's rule that keeps that user from the instance's credentials holds.
 * Signals are sent by the agent to the processes themselves, as it does outside of containers.
 */
export function containerCommand(input: ContainerCommandInput): string[] {
  const { docker, image, name, command, workFolder, folders, readOnlyFolders, marker, gpus, user, graceSeconds } =
    input;
  return [
    ...docker,
    'run',
    '--rm',
    '--interactive',
    '--init',
    '--pull=never',
    '--sig-proxy=false',
    `--name=${name}`,
    `--stop-timeout=${graceSeconds}`,
    '--network=host',
    '--ipc=host',
    '--userns=host',
    ...(gpus > 0 ? ['--gpus=all'] : []),
    `--user=${user.uid}:${user.gid}`,
    '--cap-drop=ALL',
    '--security-opt=no-new-privileges',
    // NCCL registers memory; a login shell's limits are these, too.
    '--ulimit=memlock=-1',
    '--ulimit=nofile=1048576',
    '--oom-score-adj=500',
    // What it prints goes into the training log alone.
    '--log-driver=none',
    ...folders.map((folder) => mount(folder)),
    ...readOnlyFolders.map((folder) => `${mount(folder)},readonly`),
    `--workdir=${workFolder}`,
    `--env=${marker}`,
    '--entrypoint=sh',
    image,
    '-c',
    START,
    'sh',
    command,
  ];
}

const mount = (folder: string) => `--mount=type=bind,source=${folder},target=${folder}`;

/** One for each process of the agent: what an earlier one left may still be on its way out under its name. */
export const containerName = (sessionId: string, attempt: number) => `runctl-${sessionId}-${attempt}-${process.pid}`;
