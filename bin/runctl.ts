/** `runctl`: the command line on this process and this machine. */
import { setTimeout as pause } from 'node:timers/promises';
import type { LocalCloudSeam, Seams } from '../cli/context';
import { EXIT } from '../cli/exit-codes';
import { main } from '../cli/main';
import { pageFolder } from './page-folder';
import { requireFromCheckout } from './require-from-checkout';

// Node 20 is supported here; the SDK's notice that its own support ends is not for the reader of a progress bar.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

const seams: Seams = {
  planning: () => import('../aws/planning-ports'),
  zombies: () => import('../aws/zombie-ports'),
  localCloud: async () => requireFromCheckout<LocalCloudSeam>('local/start-from-checkout.ts'),
  page: () => pageFolder(__dirname),
};

/** A command that has nothing to clean up may wait for an answer of AWS that does not come. */
const INTERRUPTED_PATIENCE_MS = 2_000;

const stop = new AbortController();
const exitInterrupted = () => process.exit(EXIT.interrupted);
let isCleaningUp = false;
// The first Ctrl-C cleans up; a second one does not wait for that.
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    process.once(name, exitInterrupted);
    stop.abort();
    if (!isCleaningUp) setTimeout(exitInterrupted, INTERRUPTED_PATIENCE_MS).unref();
  });
}
// A reader such as `head` that has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  throw error;
});

void main(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  isInteractive: process.stdin.isTTY === true && process.stdout.isTTY === true,
  env: process.env,
  cwd: process.cwd(),
  clock: { now: Date.now },
  signal: stop.signal,
  cleansUp: () => {
    isCleaningUp = true;
  },
  sleep: (milliseconds) => pause(milliseconds, undefined, { signal: stop.signal }),
  seams,
}).then((exitCode) => {
  process.exitCode = exitCode;
});
