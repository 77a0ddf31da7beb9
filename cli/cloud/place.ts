/** Where commands go: AWS as the user's configuration says, or a local cloud. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Clock } from '../../core/ports';
import { notFound } from '../cli-error';
import type { CliContext, LocalDescription } from '../context';
import type { CloudOptions } from '../options';
import type { ClientConfig } from './client-config';

export interface Place {
  client: ClientConfig;
  /** Not AWS: there is no console, and prices are made up. */
  isLocal: boolean;
  clock: Clock;
}

export const LOCAL_FILE = join('.runctl', 'local.json');
/** The local cloud takes any key for the account's own user; AWS's real ones must not be picked up by accident. */
const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

export async function findPlace(context: CliContext, options: CloudOptions): Promise<Place> {
  const { env, clock } = context;
  if (options.local) return localPlace(readLocalFile(context.cwd), clock);
  const endpoint = env['AWS_ENDPOINT_URL'];
  const region = options.region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  const client: ClientConfig = {
    ...(region ? { region } : {}),
    ...(options.profile ? { profile: options.profile } : {}),
    ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
  };
  if (!endpoint) return { client, isLocal: false, clock };
  return { client, isLocal: true, clock: await clockOf(endpoint, clock) };
}

export async function localPlace(
  { endpoint, region }: Pick<LocalDescription, 'endpoint' | 'region'>,
  clock: Clock,
): Promise<Place> {
  return {
    client: { endpoint, region, credentials: LOCAL_CREDENTIALS, forcePathStyle: true },
    isLocal: true,
    clock: await clockOf(endpoint, clock),
  };
}

/** From the folder or the nearest one above it. */
export function readLocalFile(cwd: string): LocalDescription {
  const file = findUpwards(cwd, LOCAL_FILE);
  if (file === undefined) {
    throw notFound(
      `No local cloud runs here: there is no ${LOCAL_FILE} in ${cwd} or above it.`,
      'Start one in another terminal: runctl local up',
    );
  }
  return JSON.parse(readFileSync(file, 'utf8')) as LocalDescription;
}

export function findUpwards(folder: string, name: string): string | undefined {
  const candidate = join(folder, name);
  if (existsSync(candidate)) return candidate;
  const parent = dirname(resolve(folder));
  return parent === resolve(folder) ? undefined : findUpwards(parent, name);
}

/** A local cloud may live faster than we do; other endpoints live as we do. */
async function clockOf(endpoint: string, own: Clock): Promise<Clock> {
  const { now, speed = 1 } = await askHealth(endpoint).catch(() => ({}) as Health);
  if (typeof now !== 'number') return own;
  const asked = own.now();
  return { now: () => now + (own.now() - asked) * speed };
}

interface Health {
  now?: number;
  speed?: number;
}

async function askHealth(endpoint: string): Promise<Health> {
  const response = await fetch(`${endpoint}/_local/health`, { signal: AbortSignal.timeout(2000) });
  return response.ok ? ((await response.json()) as Health) : {};
}
