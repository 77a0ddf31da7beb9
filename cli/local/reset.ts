/** `runctl local reset`: the local cloud as on the first day. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CliError } from '../cli-error';
import type { CliContext, LocalDescription } from '../context';
import { EXIT } from '../exit-codes';
import { confirm } from '../terminal/ask';
import { Printer } from '../terminal/printer';

/** What the local cloud writes. Anything else in the folder is somebody else's and stays. */
const OWN = ['s3', 'dynamodb', 'states', 'hosts', 'lambda', 'outbox', 'clock.json', 'local.json'];

export async function resetLocalCloud(
  context: CliContext,
  { dataDir, yes }: { dataDir: string; yes?: true },
): Promise<void> {
  const folder = resolve(context.cwd, dataDir);
  const printer = new Printer(context);
  const found = OWN.filter((name) => existsSync(join(folder, name)));
  if (found.length === 0) return printer.note(`There is nothing of a local cloud in ${dataDir}.`);
  const endpoint = endpointIn(folder);
  if (endpoint !== undefined && (await isUp(endpoint))) {
    throw new CliError(`The local cloud is up at ${endpoint}.`, { hint: 'Stop it first: Ctrl-C where it runs.' });
  }
  const isSure = yes ?? (await confirm(context, `Delete bucket, table and hosts in ${dataDir}?`, '--yes'));
  if (!isSure) throw new CliError('Nothing was deleted.', { exitCode: EXIT.interrupted });
  for (const name of found) rmSync(join(folder, name), { recursive: true, force: true });
  printer.line(`${dataDir}: ${found.join(', ')} deleted.`);
}

function endpointIn(folder: string): string | undefined {
  const file = join(folder, 'local.json');
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, 'utf8')) as LocalDescription).endpoint;
}

async function isUp(endpoint: string): Promise<boolean> {
  return fetch(`${endpoint}/_local/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}
