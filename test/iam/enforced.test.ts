import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
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

async function strangerCredentials() {
  const sts = new STSClient({ endpoint: cloud.endpoint, region: cloud.region, credentials: USER });
  const RoleArn = 'arn:aws:iam::000000000000:role/role-without-policies';
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'session' }));
  const { AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = '', SessionToken } = Credentials ?? {};
  return { accessKeyId, secretAccessKey, ...(SessionToken !== undefined && { sessionToken: SessionToken }) };
}

it('a role may do nothing that its policies do not allow, whatever the protocol', async () => {
  const make = (credentials: typeof USER) => ({ endpoint: cloud.endpoint, region: cloud.region, credentials });
  const stranger = make(await strangerCredentials());
  const describe = new DescribeInstancesCommand({});
  const remove = new DeleteTableCommand({ TableName: cloud.tableName });
  const put = new PutObjectCommand({ Bucket: cloud.bucket, Key: 'k', Body: 'v' });
  await expect(new EC2Client(stranger).send(describe)).rejects.toMatchObject({ name: 'UnauthorizedOperation' });
  await expect(new DynamoDBClient(stranger).send(remove)).rejects.toMatchObject({ name: 'AccessDenied' });
  await expect(new S3Client({ ...stranger, forcePathStyle: true }).send(put)).rejects.toMatchObject({
    name: 'AccessDenied',
  });
  await expect(new EC2Client(make(USER)).send(describe)).resolves.toBeDefined();
});
