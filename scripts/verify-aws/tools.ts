/** The outside world of the verification: the AWS CLI, the CDK CLI, the clock and the screen. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PROJECT_ROOT } from '../../lib/project-root';

export interface Tools {
  /** Runs the AWS CLI; its JSON output, or undefined when it prints none. Throws with what it said. */
  aws(...args: string[]): Promise<unknown>;
  /** Runs a program in the project's folder, its output on the screen. */
  run(program: string, ...args: string[]): Promise<void>;
  pause(delayMs: number): Promise<void>;
  /** Milliseconds since the Unix epoch. */
  now(): number;
  print(line: string): void;
}

const OUTPUT_BYTES = 32 * 1024 * 1024;

export function systemTools(): Tools {
  return {
    async aws(...args) {
      const { stdout } = await promisify(execFile)('aws', [...args, '--output', 'json'], { maxBuffer: OUTPUT_BYTES });
      return stdout.trim() === '' ? undefined : JSON.parse(stdout);
    },
    async run(program, ...args) {
      const running = promisify(execFile)(program, args, { cwd: PROJECT_ROOT, maxBuffer: OUTPUT_BYTES });
      running.child.stdout?.pipe(process.stderr);
      running.child.stderr?.pipe(process.stderr);
      await running;
    },
    pause: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
    now: () => Date.now(),
    print: (line) => console.log(line),
  };
}

export interface WaitOptions {
  what: string;
  everySeconds: number;
  atMostMinutes: number;
}

/** Asks until there is an answer. @throws Error when there is none in time */
export async function waitFor<T>(
  tools: Pick<Tools, 'pause' | 'now'>,
  { what, everySeconds, atMostMinutes }: WaitOptions,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = tools.now() + atMostMinutes * 60_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (tools.now() >= deadline) throw new Error(`${what}: not within ${atMostMinutes} minutes`);
    await tools.pause(everySeconds * 1000);
  }
}
