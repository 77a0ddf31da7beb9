/**
 * The training command, in a process group of its own, as the unprivileged user when there is one.
 *
 * Its end is the end of the command, or after a signal of everything that it started: bash dies of SIGTERM at once while
 * the script that it waits for is still saving. Processes are found by a mark in their environment, not by the group alone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { TrainingUser } from './context';
import type { Clock, Log } from './ports';
import { commandLine, type ProcessEntry, type ProcessSet, processesOf, signalAll } from './process-table';

export interface CommandEnd {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
}

export interface TrainingProcessOptions {
  clock: Clock;
  log: Log;
  commandLine: readonly string[];
  /** For its standard input; undefined: it has none. */
  input: string | undefined;
  workFolder: string;
  logPath: string;
  /** `NAME=value` in its environment, which nothing else on the machine has. */
  marker: string;
}

/** The agent is protected from the OOM killer, and children inherit that: training is to be the first to go. */
const KILLABLE = '{ echo 500 >/proc/self/oom_score_adj; } 2>/dev/null; exec "$@"';
const LOOK_MS = 200;
/** Left-over children of a command that has ended by itself. */
const LEFTOVER_GRACE_MS = 5_000;
const KILL_WITHIN_MS = 10_000;
/** A launcher that will not go with its ranks is told this long before the end. */
const LAUNCHER_LEAD_MS = 10_000;
const LAUNCHER = /(^|\/)(torchrun|accelerate|deepspeed|mpirun|horovodrun)$|^torch\.distributed\.(run|launch)$/;

/** On the machine itself, by a login shell, as that user; undefined: the agent's own. */
export function hostCommand(
  command: string,
  environment: Readonly<Record<string, string>>,
  user: TrainingUser | undefined,
): string[] {
  const asUser =
    user === undefined
      ? []
      : ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups', '--inh-caps=-all', '--no-new-privs'];
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return ['sh', '-c', KILLABLE, 'sh', ...asUser, 'env', '-i', ...variables, 'bash', '-lc', command];
}

export class TrainingProcess {
  readonly ended: Promise<CommandEnd>;
  readonly #child: ChildProcess;

  constructor(private readonly options: TrainingProcessOptions) {
    const { commandLine: words, input, workFolder, logPath } = options;
    const [program = '', ...args] = words;
    const output = openSync(logPath, 'a');
    try {
      this.#child = spawn(program, args, {
        cwd: workFolder,
        env: launcherEnvironment(this.options),
        detached: true,
        stdio: [input === undefined ? 'ignore' : 'pipe', output, output],
      });
      // What ends before it reads says why in the log.
      this.#child.stdin?.on('error', () => undefined).end(input);
    } finally {
      closeSync(output);
    }
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    });
  }

  /** Everything that the command started and that lives. */
  get processes(): ProcessSet {
    const { marker } = this.options;
    return this.#child.pid === undefined ? { marker } : { marker, groupId: this.#child.pid };
  }

  /** What the command started and did not end is killed; returns when nothing is left. */
  async clearLeftovers(): Promise<void> {
    const { clock, log } = this.options;
    const left = processesOf(this.processes);
    if (left.length === 0) return;
    log(`the command left ${left.length} processes running; they are being ended`);
    const killAtMs = clock.monotonic() + LEFTOVER_GRACE_MS;
    await endProcesses({ clock, processes: this.processes, killAtMs: () => killAtMs });
  }
}

/**
 * What is before the change of user runs as root: the job's PATH or LD_PRELOAD would have it run whatever the job likes.
 * The mark is in it, so that it is found from the first moment.
 */
function launcherEnvironment({ marker }: TrainingProcessOptions): Record<string, string> {
  const [name = '', ...value] = marker.split('=');
  return { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin', [name]: value.join('=') };
}

export interface EndOptions {
  clock: Clock;
  processes: ProcessSet;
  /** When SIGKILL is due, on the monotonic clock; may move nearer while waiting. */
  killAtMs: () => number;
  /** Right before SIGKILL. */
  onKill?: () => Promise<void>;
}

/**
 * SIGTERM, and SIGKILL when the time is up. Under a launcher the ranks are told first: torchrun kills its workers 30 s
 * after its own SIGTERM, and others restart them. Returns when nothing is left, or only what even SIGKILL does not end
 * (a process that hangs in the kernel).
 */
export async function endProcesses({
  clock,
  processes,
  killAtMs,
  onKill,
}: EndOptions): Promise<{ wasKilled: boolean }> {
  const all = processesOf(processes);
  const launchers = all.filter(isLauncher);
  const waitForRanks = launchers.length > 0 && killAtMs() - clock.monotonic() > LAUNCHER_LEAD_MS;
  const spared = waitForRanks ? aboveRanks(all, launchers) : new Set<number>();
  signalAll(
    all.filter((entry) => !spared.has(entry.pid) && !isCarrier(entry)),
    'SIGTERM',
  );
  let areLaunchersTold = spared.size === 0;
  for (;;) {
    const left = processesOf(processes);
    if (left.length === 0) return { wasKilled: false };
    const leftMs = killAtMs() - clock.monotonic();
    if (leftMs <= 0) break;
    const areRanksGone = left.every((entry) => spared.has(entry.pid) || isCarrier(entry));
    if (!areLaunchersTold && (areRanksGone || leftMs <= LAUNCHER_LEAD_MS)) {
      signalAll(
        left.filter((entry) => !isCarrier(entry)),
        'SIGTERM',
      );
      areLaunchersTold = true;
    }
    await clock.sleep(LOOK_MS);
  }
  await onKill?.();
  const giveUpAtMs = clock.monotonic() + KILL_WITHIN_MS;
  for (let left = processesOf(processes); left.length > 0; left = processesOf(processes)) {
    if (clock.monotonic() > giveUpAtMs) break;
    signalAll(left, 'SIGKILL');
    await clock.sleep(LOOK_MS);
  }
  return { wasKilled: true };
}

const isLauncher = ({ pid }: ProcessEntry) =>
  commandLine(pid)
    .slice(0, 4)
    .some((word) => LAUNCHER.test(word));

/**
 * What carries a container ends with what runs in it: the engine's client, which would leave its output unread, and the
 * container's first process, which passes signals on to processes that have had them already.
 */
const CARRIER = /(^|\/)(docker|docker-init|tini)$/;
const isCarrier = ({ pid }: ProcessEntry) =>
  commandLine(pid)
    .slice(0, 2)
    .some((word) => CARRIER.test(word));

/** Launchers and what waits for them (the shell). */
function aboveRanks(all: readonly ProcessEntry[], launchers: readonly ProcessEntry[]): Set<number> {
  const byPid = new Map(all.map((entry) => [entry.pid, entry]));
  const spared = new Set<number>();
  for (const launcher of launchers) {
    for (let entry: ProcessEntry | undefined = launcher; entry; entry = byPid.get(entry.parentPid))
      spared.add(entry.pid);
  }
  return spared;
}
