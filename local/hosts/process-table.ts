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
  marked: boolean;
}

/** Real milliseconds between two looks at the process table: soon at first, then seldom, as a look takes about 5 ms. */
const FIRST_POLL_MS = 5;
const LONGEST_POLL_MS = 100;

/** Field numbers of /proc/<pid>/stat after the command's closing bracket (proc(5): state is field 3). */
const STAT = { state: 0, parent: 1, session: 3, terminal: 4 };

function readLinuxProcess(pid: number, query: ProcessQuery): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[STAT.state] === 'Z' || fields[STAT.state] === 'X') return undefined;
    const hasTerminal = fields[STAT.terminal] !== '0';
    return {
      pid,
      parent: Number(fields[STAT.parent]),
      session: Number(fields[STAT.session]),
      marked:
        hasMarker(`\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}`, query.marker, '\0') ||
        (!hasTerminal && isInside(pid, query)),
    };
  } catch {
    // Gone meanwhile, or another user's: not ours.
    return undefined;
  }
}

function isInside(pid: number, query: ProcessQuery): boolean {
  return query.folder !== undefined && `${readlinkSync(`/proc/${pid}/cwd`)}${sep}`.startsWith(`${query.folder}${sep}`);
}

function hasMarker(environment: string, marker: string, separator: string): boolean {
  return marker.endsWith('*')
    ? environment.includes(`${separator}${marker.slice(0, -1)}`)
    : `${environment}${separator}`.includes(`${separator}${marker}${separator}`);
}

/** Without /proc (macOS): ps shows the environment of one's own processes after the command. */
function listByPs(query: ProcessQuery): ProcessEntry[] {
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
      marked: hasMarker(match[6] ?? '', query.marker, ' '),
    };
  });
}

function listProcesses(query: ProcessQuery): ProcessEntry[] {
  if (process.platform !== 'linux') return listByPs(query);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readLinuxProcess(Number(name), query) ?? []);
}

/** Ids of all live processes that match, without this process itself. */
export function findProcesses(query: ProcessQuery): number[] {
  const entries = listProcesses(query).filter((entry) => entry.pid !== process.pid);
  const found = new Map(entries.filter((entry) => entry.marked).map((entry) => [entry.pid, entry]));
  const sessions = new Set([...found.values()].map((entry) => entry.session));
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const entry of entries) {
      if (found.has(entry.parent) || sessions.has(entry.session)) found.set(entry.pid, entry);
    }
  }
  return [...found.keys()];
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

/** Resolves true when no process matches any more, false when `isOver` says so first. Polls in real time, as the OS runs. */
export async function waitForNone(query: ProcessQuery, isOver: () => boolean = () => false): Promise<boolean> {
  for (let pauseMs = FIRST_POLL_MS; findProcesses(query).length > 0; pauseMs = Math.min(2 * pauseMs, LONGEST_POLL_MS)) {
    if (isOver()) return false;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return true;
}

/** SIGKILL until nothing matches: a process that forks meanwhile is caught by the next look. */
export async function killProcesses(query: ProcessQuery): Promise<void> {
  await waitForNone(query, () => {
    signalProcesses(findProcesses(query), 'SIGKILL');
    return false;
  });
}
