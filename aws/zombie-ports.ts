/** What the reaper looks at, on clients that somebody else has made. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Clock, Inventory, SessionRegister, ZombieMarks } from '../core/ports';
import { clientConfig } from './client-config';
import { DynamoSessionRegister } from './dynamo-session-register';
import { DynamoZombieMarks } from './dynamo-zombie-marks';
import { Ec2Fleet } from './ec2-fleet';
import { Ec2Inventory } from './ec2-inventory';

export interface ZombiePorts {
  inventory: Inventory;
  register: Pick<SessionRegister, 'known'>;
  marks: Pick<ZombieMarks, 'page'>;
}

export function zombiePorts(options: { tableName: string; clock: Clock; client: object }): ZombiePorts {
  const { tableName, clock, client } = options;
  const config = { ...clientConfig, ...client };
  const ec2 = new EC2Client(config);
  const table = DynamoDBDocumentClient.from(new DynamoDBClient(config));
  return {
    inventory: new Ec2Inventory(ec2, new Ec2Fleet({ client: ec2, clock })),
    register: new DynamoSessionRegister(table, tableName),
    marks: new DynamoZombieMarks(table, tableName),
  };
}
