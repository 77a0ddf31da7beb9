import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type LocalCloud, startLocalCloud } from '../../local/cloud';
import { synthesizeFixture } from '../cloud/fixture/synthesize';

let fixture: string;
let dataDir: string;
let cloud: LocalCloud;
beforeAll(async () => {
  fixture = synthesizeFixture();
  dataDir = mkdtempSync(join(tmpdir(), 'runctl-iam-'));
  cloud = await startLocalCloud({ assemblyDir: join(fixture, 'cdk.out'), dataDir, port: 0 });
});
afterAll(async () => {
  await cloud.close();
  for (const folder of [fixture, dataDir]) rmSync(folder, { recursive: true });
});

const USER = { accessKeyId: 'test', secretAccessKey: 'test' };

it('a role may do nothing that its policies do not allow, whatever the protocol', async () => {
  const make = (credentials: typeof USER) => ({ endpoint: cloud.endpoint, region: cloud.region, credentials });
  const { expiration: _, ...credentials } = cloud.credentialsOf('role-without-policies', 'session');
  const stranger = make(credentials);
  const describe = new DescribeInstancesCommand({});
  const remove = new DeleteTableCommand({ TableName: cloud.tableName });
  const put = new PutObjectCommand({ Bucket: cloud.bucket, Key: 'k', Body: 'v' });
  await expect(new EC2Client(stranger).send(describe)).rejects.toMatchObject({ name: 'UnauthorizedOperation' });
  await expect(new DynamoDBClient(stranger).send(remove)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await expect(new S3Client({ ...stranger, forcePathStyle: true }).send(put)).rejects.toMatchObject({
    name: 'AccessDenied',
  });
  await expect(new EC2Client(make(USER)).send(describe)).resolves.toBeDefined();
});

it('a bucket for TLS only refuses what says that it came without, from the account’s own user, too', async () => {
  const s3 = new S3Client({
    endpoint: cloud.endpoint,
    region: cloud.region,
    credentials: USER,
    forcePathStyle: true,
  });
  const put = () => s3.send(new PutObjectCommand({ Bucket: cloud.bucket, Key: 'k', Body: 'v' }));
  const arn = `arn:aws:s3:::${cloud.bucket}`;
  cloud.iam.resourcePolicies.push({
    arn,
    document: {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [arn, `${arn}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    },
  });
  await expect(put()).resolves.toBeDefined();
  s3.middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers['x-forwarded-proto'] = 'http';
      return next(args);
    },
    { step: 'build' },
  );
  await expect(put()).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringContaining('with an explicit deny in a resource-based policy'),
  });
});
