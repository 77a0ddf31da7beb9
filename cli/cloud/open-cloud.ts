/** Opens the stack: everything that most commands begin with. */
import { S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../../core/ports';
import type { CliContext } from '../context';
import type { CloudOptions } from '../options';
import type { ClientConfig } from './client-config';
import { findPlace } from './place';
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
}

export async function openCloud(context: CliContext, options: CloudOptions): Promise<Cloud> {
  const { client: given, isLocal, clock } = await findPlace(context, options);
  const stack = await findStack(given, options.stack);
  const client = { ...given, region: stack.region };
  const s3 = new S3Client(client);
  return { client, isLocal, clock, stack, s3, sessions: new Sessions({ client, stack, s3, clock }) };
}
