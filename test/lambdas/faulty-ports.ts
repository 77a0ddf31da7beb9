/** Ports in memory whose calls fail by chance: before they did anything, or after, when nobody hears that they did. */
import { RunctlError } from '../../core/errors';
import type { TaskCallback } from '../../core/ports';
import { type MemoryPorts, memoryPorts } from '../support/memory-ports';

export type Chance = () => number;

/** Mulberry32: the same seed gives the same numbers. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The task of the state machine that waits: only its newest token counts. */
export class WaitingTask implements TaskCallback {
  token: string | undefined;
  result: { error?: string; cause?: string } | undefined;
  answers = 0;
  heartbeatAtMs = 0;

  constructor(private readonly now: () => number) {}

  await(token: string): void {
    this.token = token;
    this.result = undefined;
    this.heartbeatAtMs = this.now();
  }

  async succeed(token: string): Promise<'done' | 'expired'> {
    return this.#answer(token, {});
  }

  async fail(token: string, error: string, cause: string): Promise<'done' | 'expired'> {
    return this.#answer(token, { error, cause });
  }

  async heartbeat(token: string): Promise<'done' | 'expired'> {
    if (token !== this.token || this.result !== undefined) return 'expired';
    this.heartbeatAtMs = this.now();
    return 'done';
  }

  #answer(token: string, result: NonNullable<WaitingTask['result']>): 'done' | 'expired' {
    if (token !== this.token || this.result !== undefined) return 'expired';
    this.answers++;
    this.result = result;
    return 'done';
  }
}

/** `rate`: share of calls that fail, half of them after having done their work. */
export function faultyPorts(chance: Chance, rate: number) {
  const ports = memoryPorts();
  const task = new WaitingTask(() => ports.clock.now());
  const faulty = <T extends object>(port: T): T => withFaults(port, chance, rate);
  const seen: MemoryPorts = {
    ...ports,
    sessions: faulty(ports.sessions),
    objects: faulty(ports.objects),
    fleet: faulty(ports.fleet),
    runCommand: faulty(ports.runCommand),
    presence: faulty(ports.presence),
    executions: faulty(ports.executions),
    notifier: faulty(ports.notifier),
  };
  return { truth: ports, task, seen: { ...seen, tasks: faulty(task) as unknown as MemoryPorts['tasks'] } };
}

function withFaults<T extends object>(port: T, chance: Chance, rate: number): T {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function' || ['openSessions', 'list', 'record'].includes(String(name))) {
        return typeof member === 'function' ? member.bind(target) : member;
      }
      return async (...args: unknown[]) => {
        const drawn = chance();
        if (drawn < rate / 2) throw new RunctlError('AwsUnavailable', `${String(name)} was not reached.`);
        const result: unknown = await member.apply(target, args);
        if (drawn < rate) throw new RunctlError('AwsUnavailable', `${String(name)} did it, but nobody heard.`);
        return result;
      };
    },
  });
}
