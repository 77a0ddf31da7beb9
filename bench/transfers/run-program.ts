/** A program's run as the operating system saw it. Linux. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const LOOK_MS = 50;
/** USER_HZ is 100 on every Linux. */
const TICKS_A_SECOND = 100;

export interface ProgramRun {
  seconds: number;
  cpuSeconds: number;
  /** Resident, of all its processes together. */
  peakBytes: number;
}

/** Killed processes of it, and those that ended between two looks, are counted as they were at the last look. */
export async function runProgram(command: readonly string[], env: NodeJS.ProcessEnv): Promise<ProgramRun> {
  const [file = '', ...args] = command;
  const startedAt = performance.now();
  const child = spawn(file, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  });
  const cpuByPid = new Map<number, number>();
  let peakBytes = 0;
  const look = () => {
    let bytes = 0;
    for (const pid of treeOf(child.pid ?? -1)) {
      const seen = lookAt(pid);
      if (seen === undefined) continue;
      bytes += seen.residentBytes;
      cpuByPid.set(pid, seen.cpuSeconds);
    }
    peakBytes = Math.max(peakBytes, bytes);
  };
  const timer = setInterval(look, LOOK_MS);
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  clearInterval(timer);
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${said}`);
  const cpuSeconds = [...cpuByPid.values()].reduce((sum, each) => sum + each, 0);
  return { seconds: (performance.now() - startedAt) / 1000, cpuSeconds, peakBytes };
}

function treeOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? fieldsOf(Number(name))?.[1] : undefined;
    if (parent !== undefined) children.set(Number(parent), [...(children.get(Number(parent)) ?? []), Number(name)]);
  }
  const below = (pid: number): number[] => [pid, ...(children.get(pid) ?? []).flatMap(below)];
  return below(root);
}

export const cpuSecondsOf = (pid: number): number => lookAt(pid)?.cpuSeconds ?? 0;

function lookAt(pid: number): { residentBytes: number; cpuSeconds: number } | undefined {
  const fields = fieldsOf(pid);
  if (fields === undefined) return undefined;
  const pageBytes = 4096;
  const cpuTicks = Number(fields[11]) + Number(fields[12]);
  return { residentBytes: Number(fields[21]) * pageBytes, cpuSeconds: cpuTicks / TICKS_A_SECOND };
}

/** Of /proc/<pid>/stat, from the state on: a name may hold anything. */
function fieldsOf(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return undefined;
  }
}
