/** The plain AWS SDK clients, pointed at the local cloud: what the quickstart does, any program can do on AWS. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';

export interface Clients {
  states: SFNClient;
  s3: S3Client;
  ec2: EC2Client;
  dynamodb: DynamoDBClient;
}

/** The local cloud takes any key for the account's own user; AWS's real ones must not be picked up by accident. */
const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

export function clientsFor({ endpoint, region }: { endpoint: string; region: string }): Clients {
  const config = { endpoint, region, credentials: LOCAL_CREDENTIALS };
  return {
    states: new SFNClient(config),
    s3: new S3Client({ ...config, forcePathStyle: true }),
    ec2: new EC2Client(config),
    dynamodb: new DynamoDBClient(config),
  };
}

export function closeClients(clients: Clients): void {
  for (const client of Object.values(clients)) client.destroy();
}
