/**
 * Finds and kills the processes of a host. They are recognised by a marker in their environment, which every child
 * inherits, also after setsid and after its parent has gone; then by living in a session of, or descending from, one
 * that is marked; and, for those that cleared their environment, by a working directory inside the host's folder
 * without a terminal (a developer's shell that looks into that folder has one, and must survive).
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { sep } from 'node:path';

/** Which processes belong together. */
export interface ProcessQuery {
  /** `NAME=value` as it stands in the environment; a trailing `*` matches any ending. */
  marker: string;
  folder?: string;
}

interface ProcessEntry {
  pid: number;
  parent: number;
  session: number;
  /** `NAME=value`, each between two of these. */
  environment: string;
  separator: string;
  /** Of a process without a terminal, where it can be seen. */
  folder: string | undefined;
}

/** Real milliseconds between two looks at the process table: soon at first, then seldom. */
const FIRST_POLL_MS = 5;
const LONGEST_POLL_MS = 100;

/** Field numbers of /proc/<pid>/stat after the command's closing bracket (proc(5): state is field 3). */
const STAT = { state: 0, parent: 1, session: 3, terminal: 4 };

function readLinuxProcess(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[STAT.state] === 'Z' || fields[STAT.state] === 'X') return undefined;
    const hasTerminal = fields[STAT.terminal] !== '0';
    return {
      pid,
      parent: Number(fields[STAT.parent]),
      session: Number(fields[STAT.session]),
      environment: `\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}\0`,
      separator: '\0',
      folder: hasTerminal ? undefined : readlinkSync(`/proc/${pid}/cwd`),
    };
  } catch {
    // Gone meanwhile, or another user's: not ours.
    return undefined;
  }
}

/** Without /proc (macOS): ps shows the environment of one's own processes after the command. */
function listByPs(): ProcessEntry[] {
  const output = execFileSync('ps', ['-axwwE', '-o', 'pid=,ppid=,sess=,stat=,tty=,command='], {
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
  });
  return output.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s+(\S+)\s(.*)$/.exec(line);
    if (!match || match[4]?.startsWith('Z')) return [];
    return {
      pid: Number(match[1]),
      parent: Number(match[2]),
      session: Number(match[3]) || Number.NaN,
      environment: ` ${match[6] ?? ''} `,
      separator: ' ',
      folder: undefined,
    };
  });
}

function listProcesses(): ProcessEntry[] {
  if (process.platform !== 'linux') return listByPs();
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readLinuxProcess(Number(name)) ?? []);
}

function isMarked({ environment, separator, folder }: ProcessEntry, query: ProcessQuery): boolean {
  const marker = query.marker.endsWith('*') ? query.marker.slice(0, -1) : `${query.marker}${separator}`;
  if (environment.includes(`${separator}${marker}`)) return true;
  return query.folder !== undefined && folder !== undefined && `${folder}${sep}`.startsWith(`${query.folder}${sep}`);
}

/** Ids of all that match, without this process itself. */
function matching(all: readonly ProcessEntry[], query: ProcessQuery): number[] {
  const entries = all.filter((entry) => entry.pid !== process.pid);
  const found = new Map(entries.filter((entry) => isMarked(entry, query)).map((entry) => [entry.pid, entry]));
  const sessions = new Set([...found.values()].map((entry) => entry.session));
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const entry of entries) {
      if (found.has(entry.parent) || sessions.has(entry.session)) found.set(entry.pid, entry);
    }
  }
  return [...found.keys()];
}

/** Ids of all live processes that match, without this process itself. */
export function findProcesses(query: ProcessQuery): number[] {
  return matching(listProcesses(), query);
}

let nextLook: Promise<ProcessEntry[]> | undefined;

/**
 * A look at the process table that is yet to begin, one for all who ask for it meanwhile: it reads every process of the
 * machine, and hundreds of hosts may wait for their own to be gone.
 */
function look(): Promise<ProcessEntry[]> {
  nextLook ??= new Promise((resolve, reject) => {
    setImmediate(() => {
      nextLook = undefined;
      try {
        resolve(listProcesses());
      } catch (error) {
        reject(error);
      }
    });
  });
  return nextLook;
}

/** Sends `signal` to each process; one that has gone meanwhile is no error. */
export function signalProcesses(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // ESRCH: it ended by itself.
    }
  }
}

/**
 * Resolves true when no process matches any more, false when `isOver` says so first, which is told what still does.
 * Polls in real time, as the OS runs.
 */
export async function waitForNone(
  query: ProcessQuery,
  isOver: (found: readonly number[]) => boolean = () => false,
): Promise<boolean> {
  for (let pauseMs = FIRST_POLL_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_POLL_MS)) {
    const found = matching(await look(), query);
    if (found.length === 0) return true;
    if (isOver(found)) return false;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** SIGKILL until nothing matches: a process that forks meanwhile is caught by the next look. */
export async function killProcesses(query: ProcessQuery): Promise<void> {
  await waitForNone(query, (found) => {
    signalProcesses(found, 'SIGKILL');
    return false;
  });
}
