/** The bundles, compiled once per process; worlds of one process run one after the other and share them. */
import type { Bundles } from './bundles';
import { compile, dateOf, type Program } from './evaluate';

export interface Programs {
  functions: Program;
  agent: Program;
  /** Libraries and core/, evaluated once. */
  shared: Readonly<Record<string, unknown>>;
  /** Where the libraries print to and what time it is for them, from now on. */
  printTo(print: (line: string) => void, now: () => number): void;
}

export function createPrograms(bundles: Bundles): Programs {
  let print: (line: string) => void = () => {};
  let now = () => 0;
  const log = (...parts: unknown[]) => print(parts.map(String).join(' '));
  const console = { log, info: log, warn: log, error: log, debug: log, trace: log };
  class Console {
    log = log;
    info = log;
    warn = log;
    error = log;
    debug = log;
    trace = log;
  }
  const noTimer = (): never => {
    throw new Error('Libraries have no timers in the simulation.');
  };
  const own: Record<string, unknown> = {
    'node:console': { Console },
    console: { Console },
    'node:timers': { setTimeout: noTimer, clearTimeout: () => {} },
  };
  const globals = {
    ...{ Math, console, performance: { now: () => now() }, crypto: globalThis.crypto },
    Date: dateOf(() => now()),
    process: {
      env: {},
      version: process.version,
      versions: process.versions,
      stdout: {},
      stderr: {},
      emitWarning: () => {},
      on: () => {},
    },
    setTimeout: noTimer,
    clearTimeout: () => {},
    setInterval: noTimer,
  };
  return {
    functions: compile(bundles.functions),
    agent: compile(bundles.agent),
    shared: compile(bundles.shared)((id) => own[id] ?? require(id), globals),
    printTo: (printer, clock) => {
      print = printer;
      now = clock;
    },
  };
}
