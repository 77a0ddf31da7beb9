/** Runs a bundle's text with a world's own time, chance and console in place of the machine's. */
import type { Clock, Timer } from '../../local/clock';
import type { Random } from '../random';

/** What stands in for the globals of the same names. */
export interface Globals {
  Date: DateConstructor;
  Math: Math;
  process: object;
  performance: { now(): number };
  console: object;
  crypto: { randomUUID(): string };
  setTimeout: (callback: (...args: unknown[]) => void, delayMs?: number, ...args: unknown[]) => unknown;
  clearTimeout: (timer: unknown) => void;
  setInterval: () => never;
}

type Require = (name: string) => unknown;
export type Program = (require: Require, globals: Globals) => Record<string, unknown>;

/** Compiled once, it can be run any number of times. */
export function compile(text: string): Program {
  const names = [
    'Date',
    'Math',
    'process',
    'performance',
    'console',
    'crypto',
    'setTimeout',
    'clearTimeout',
    'setInterval',
  ];
  const body = `const { ${names.join(', ')} } = globals;\nreturn (function () {\n${text}\n;return module.exports; })();`;
  const run = new Function('require', 'module', 'exports', 'globals', body) as (...args: unknown[]) => unknown;
  return (require, globals) => {
    const module = { exports: {} };
    return run(require, module, module.exports, globals) as Record<string, unknown>;
  };
}

export interface GlobalsOptions {
  clock: Clock;
  random: Random;
  environment: Readonly<Record<string, string>>;
  /** Takes what is printed. */
  print: (line: string) => void;
  /** False once nothing may happen any more: timers do not fire. */
  isAlive: () => boolean;
}

export function makeGlobals({ clock, random, environment, print, isAlive }: GlobalsOptions): Globals {
  const log = (...parts: unknown[]) => print(parts.map(String).join(' '));
  const console = { log, info: log, warn: log, error: log, debug: log, trace: log };
  const math = Object.create(Math) as Math;
  math.random = () => random.next();
  return {
    Date: dateOf(() => clock.now()),
    Math: math,
    process: { env: environment, version: process.version, platform: 'linux', emitWarning: () => {}, on: () => {} },
    performance: { now: () => clock.now() },
    console,
    crypto: { randomUUID: () => random.uuid() },
    setTimeout: (callback, delayMs = 0, ...args) => clock.schedule(delayMs, () => isAlive() && callback(...args)),
    clearTimeout: (timer) => (timer as Timer | undefined)?.cancel(),
    setInterval: () => {
      throw new Error('The simulation has no setInterval.');
    },
  };
}

/** A Date whose now is another's. */
export function dateOf(now: () => number): DateConstructor {
  class WorldDate extends Date {
    constructor(...args: unknown[]) {
      super(...((args.length === 0 ? [now()] : args) as ConstructorParameters<typeof Date>));
    }
    static override now(): number {
      return now();
    }
  }
  return WorldDate as unknown as DateConstructor;
}
