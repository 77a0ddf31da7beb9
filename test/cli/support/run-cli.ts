/** Runs a command line in this process and keeps what it said. */
import { setTimeout as pause } from 'node:timers/promises';
import type { CliContext, Seams } from '../../../cli/context';
import { main } from '../../../cli/main';

export interface Said {
  exitCode: number;
  out: string;
  err: string;
}

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  seams?: Partial<Seams>;
  signal?: AbortSignal;
  isTTY?: boolean;
  /** Told of all that is written, at once. */
  onOutput?: (text: string) => void;
}

const missing = (name: string) => () => Promise.reject(new Error(`This test has no ${name}.`));

export async function runCli(args: readonly string[], options: RunOptions = {}): Promise<Said> {
  const said: Said = { exitCode: -1, out: '', err: '' };
  const signal = options.signal ?? new AbortController().signal;
  const isTTY = options.isTTY ?? false;
  const output = (key: 'out' | 'err') => ({
    isTTY,
    columns: 100,
    write: (text: string | Uint8Array) => {
      said[key] += String(text);
      options.onOutput?.(String(text));
      return true;
    },
  });
  const context: CliContext = {
    stdout: output('out'),
    stderr: output('err'),
    isInteractive: false,
    env: options.env ?? {},
    cwd: options.cwd ?? '/',
    clock: { now: Date.now },
    signal,
    cleansUp: () => {},
    sleep: (milliseconds) => pause(milliseconds, undefined, { signal }),
    seams: {
      planning: missing('planning'),
      zombies: missing('zombies'),
      localCloud: missing('local cloud'),
      page: missing('page'),
      ...options.seams,
    },
  };
  said.exitCode = await main(args, context);
  return said;
}
