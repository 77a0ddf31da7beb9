/** Linux's process table, read from /proc. Processes that vanish while being looked at are skipped. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface ProcessEntry {
  pid: number;
  parentPid: number;
  groupId: number;
  /** Z is a zombie: dead, not yet waited for. */
  state: string;
}

function read<T>(reader: () => T): T | undefined {
  try {
    return reader();
  } catch {
    return undefined;
  }
}

const allPids = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

export function listProcesses(): ProcessEntry[] {
  return allPids().flatMap((pid) => {
    const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
    // The name in parentheses may itself contain spaces and parentheses.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, parentPid, groupId] = fields ?? [];
    return state === undefined ? [] : [{ pid, state, parentPid: Number(parentPid), groupId: Number(groupId) }];
  });
}

/** Arguments of a process, empty when it is gone. */
export function commandLine(pid: number): string[] {
  return read(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)) ?? [];
}

export interface ProcessSet {
  /** `NAME=value` in the environment of the process. */
  marker: string;
  /** A process group that belongs to it, too. */
  groupId?: number;
}

/**
 * Living processes with the mark or in the group, and all that descend from them, wherever they were detached to:
 * torchrun puts each rank into a session of its own, sudo takes the mark away.
 */
export function processesOf({ marker, groupId }: ProcessSet): ProcessEntry[] {
  const living = listProcesses().filter(({ state }) => state !== 'Z' && state !== 'X');
  const found = new Map<number, ProcessEntry>();
  const queue = living.filter((entry) => entry.groupId === groupId || isMarked(entry.pid, marker));
  for (const entry of queue) {
    if (found.has(entry.pid)) continue;
    found.set(entry.pid, entry);
    queue.push(...living.filter(({ parentPid }) => parentPid === entry.pid));
  }
  return [...found.values()];
}

function isMarked(pid: number, marker: string): boolean {
  const environment = read(() => readFileSync(`/proc/${pid}/environ`, 'latin1'));
  return environment !== undefined && `\0${environment}`.includes(`\0${marker}\0`);
}

export function signalAll(processes: readonly ProcessEntry[], signal: NodeJS.Signals): void {
  for (const { pid } of processes) read(() => process.kill(pid, signal));
}

const ACCESS_MODE = 0o3;

/** Paths below `folder` that any process has open for writing. `folder` must be a real path. */
export function openForWriting(folder: string): Set<string> {
  const found = new Set<string>();
  for (const pid of allPids()) {
    for (const descriptor of read(() => readdirSync(`/proc/${pid}/fd`)) ?? []) {
      const path = read(() => readlinkSync(`/proc/${pid}/fd/${descriptor}`));
      if (!path?.startsWith(`${folder}/`)) continue;
      const info = read(() => readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'utf8'));
      const flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(info ?? '')?.[1] ?? '0', 8);
      if ((flags & ACCESS_MODE) !== 0) found.add(path);
    }
  }
  return found;
}
