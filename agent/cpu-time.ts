/** CPU time of processes, read from /proc. */
import { readFileSync } from 'node:fs';

/** USER_HZ: 100 on every architecture that EC2 has. */
const TICKS_PER_SECOND = 100;
/** utime, stime, and those of children that were waited for: proc_pid_stat(5), counted from the third field on. */
const TIMES = [11, 12, 13, 14] as const;

/** Of the processes and of their children that have ended; undefined when none of them can be read. */
export function cpuSecondsOf(pids: readonly number[]): number | undefined {
  const ticks = pids.map(ticksOf).filter((each) => each !== undefined);
  return ticks.length === 0 ? undefined : ticks.reduce((sum, each) => sum + each, 0) / TICKS_PER_SECOND;
}

function ticksOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return TIMES.reduce((sum, field) => sum + Number(fields[field] ?? 0), 0);
  } catch {
    return undefined;
  }
}
