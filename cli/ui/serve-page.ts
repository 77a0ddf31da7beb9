/** `runctl ui`, and the page beside `runctl local up`. */
import { randomBytes } from 'node:crypto';
import { CliError } from '../cli-error';
import type { Cloud } from '../cloud/open-cloud';
import type { CliContext } from '../context';
import { EXIT } from '../exit-codes';
import { Printer } from '../terminal/printer';
import { CloudPageApi } from './cloud-page-api';
import { readPageFiles } from './page-files';
import { type PageServer, startPageServer } from './page-server';

/** The usual one: one above the local cloud's. */
export const PAGE_PORT = 4567;
const TOKEN_BYTES = 24;

/** `port` undefined: the usual one, or any free one when that is taken. */
export async function servePage(context: CliContext, cloud: Cloud, port: number | undefined): Promise<PageServer> {
  const files = readPageFiles(await context.seams.page());
  const printer = new Printer(context);
  const options = {
    api: new CloudPageApi(context, cloud, () => performance.now()),
    files,
    token: randomBytes(TOKEN_BYTES).toString('base64url'),
    onBug: (error: unknown) => printer.warn(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  };
  try {
    return await startPageServer({ ...options, port: port ?? PAGE_PORT });
  } catch (error) {
    if (!isTaken(error)) throw error;
    if (port === undefined) return startPageServer({ ...options, port: 0 });
    throw new CliError(`Port ${port} is in use.`, { exitCode: EXIT.usage, hint: 'Choose another one, or none.' });
  }
}

function isTaken(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EADDRINUSE';
}

export async function runPage(context: CliContext, cloud: Cloud, options: { port?: number }): Promise<void> {
  context.cleansUp();
  const server = await servePage(context, cloud, options.port);
  const printer = new Printer(context);
  const { stackName, region } = cloud.stack;
  printer.line(server.address);
  printer.note(`${stackName} in ${cloud.isLocal ? 'the local cloud' : region}. Ctrl-C ends the page; sessions go on.`);
  printer.note('The address has a token in it: whoever has it may do here what you may.');
  try {
    await aborted(context.signal);
  } finally {
    await server.close();
  }
}

/** A signal alone does not keep a process alive, but a server does. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((stop) => signal.addEventListener('abort', () => stop(), { once: true }));
}
