/** Opens the stack: everything that most commands begin with. */
import { S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../../core/ports';
import type { CliContext } from '../context';
import { type CloudOptions, DEFAULT_STACK } from '../options';
import { shellWord } from '../terminal/format';
import type { ClientConfig } from './client-config';
import { findPlace, type Place } from './place';
import { Sessions } from './sessions';
import { findStack, type StackFound } from './stack';

export interface Cloud {
  client: ClientConfig;
  isLocal: boolean;
  /** The cloud's time. */
  clock: Clock;
  stack: StackFound;
  s3: S3Client;
  sessions: Sessions;
  /** Another command on this session, as the user would type it to reach the same cloud. */
  command(name: string, ...words: string[]): string;
}

export async function openCloud(context: CliContext, options: CloudOptions): Promise<Cloud> {
  return openCloudAt(await findPlace(context, options), options);
}

export async function openCloudAt({ client: given, isLocal, clock }: Place, options: CloudOptions): Promise<Cloud> {
  const stack = await findStack(given, options.stack);
  const client = { ...given, region: stack.region };
  const s3 = new S3Client(client);
  const flags = flagsOf(options);
  const command = (...words: string[]) => ['runctl', ...words, ...flags].map(shellWord).join(' ');
  const sessions = new Sessions({ client, stack, s3, clock, command });
  return { client, isLocal, clock, stack, s3, sessions, command };
}

function flagsOf({ local, stack, region, profile }: CloudOptions): string[] {
  return [
    ...(local ? ['--local'] : []),
    ...(stack === DEFAULT_STACK ? [] : ['--stack', stack]),
    ...(region === undefined ? [] : ['--region', region]),
    ...(profile === undefined ? [] : ['--profile', profile]),
  ];
}
