/**
 * What a training script may not do, tried by one that has got hold of its instance's credentials. On EC2 it does so
 * only in a job with `aws: true`: otherwise its user cannot reach the metadata address (test/agent/training-user.test.ts,
 * test/lib/bootstrap-scripts.test.ts; packet filters are not tried here). On the local cloud it always can.
 */
import { join, resolve } from 'node:path';
import { DescribeImagesCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { CREATED_BY, TAG } from '../../core/tags';
import { World } from './support/world';

const ROOT = resolve(__dirname, '../..');
const OTHER = 'AROAOTHER:i-0123456789abcdef0';

let world: World;
let others: { instanceId: string; sessionId: string };
let imageId: string;
const sessions = new Map<boolean, string>();
beforeAll(async () => {
  // Nothing here waits for the clock.
  world = await World.start({ speed: 2 });
  const { endpoint, region } = world.cloud;
  const client = { endpoint, region, credentials: { accessKeyId: 'story', secretAccessKey: 'story' } };
  const ssm = new SSMClient(client);
  for (const Name of ['/runctl/ours', '/other/theirs']) {
    await ssm.send(new PutParameterCommand({ Name, Value: 'secret', Type: 'SecureString' }));
  }
  const secrets = new SecretsManagerClient(client);
  for (const Name of ['runctl/ours', '/runctl/ours', 'other/theirs']) {
    await secrets.send(new CreateSecretCommand({ Name, SecretString: 'secret' }));
  }
  others = { sessionId: 'theirs', instanceId: await launchAnother() };
  const attempts = Object.entries({ ...ALLOWED, ...DENIED }).map(([name, make]) => [name, make()]);
  const given = JSON.stringify({ modules: ROOT, attempts: Object.fromEntries(attempts) });
  const command = `node '${join(ROOT, 'test/stories/trainer/attempts.cjs')}' '${given}'`;
  for (const aws of [true, false]) sessions.set(aws, await world.submit('', { command, aws }));
});
afterAll(() => world?.close());

/** An instance with the tag that makes it runctl's. */
async function launchAnother(): Promise<string> {
  const Tags = [{ Key: TAG.createdBy, Value: CREATED_BY }];
  const { Images = [] } = await world.ec2.send(new DescribeImagesCommand({ Owners: ['amazon'] }));
  imageId = Images.find(({ Architecture }) => Architecture === 'x86_64')?.ImageId ?? '';
  const { Instances = [] } = await world.ec2.send(
    new RunInstancesCommand({
      ImageId: imageId,
      InstanceType: 'm6i.large',
      MinCount: 1,
      MaxCount: 1,
      TagSpecifications: [{ ResourceType: 'instance', Tags }],
    }),
  );
  return Instances[0]?.InstanceId ?? '';
}

/** Package, client, command and input. */
type Attempt = readonly [string, string, string, object];

const s3 = (command: string, Key: string, more: object = {}): Attempt => [
  'client-s3',
  'S3Client',
  `${command}Command`,
  { Bucket: world.cloud.bucket, Key, ...more },
];
const ssm = (command: string, input: object): Attempt => ['client-ssm', 'SSMClient', `${command}Command`, input];
const secret = (SecretId: string): Attempt => [
  'client-secrets-manager',
  'SecretsManagerClient',
  'GetSecretValueCommand',
  { SecretId },
];
const states = (command: string, input: object): Attempt => ['client-sfn', 'SFNClient', `${command}Command`, input];
const ec2 = (command: string, input: object): Attempt => ['client-ec2', 'EC2Client', `${command}Command`, input];
const table = (command: string, input: object): Attempt => [
  'client-dynamodb',
  'DynamoDBClient',
  `${command}Command`,
  { TableName: world.cloud.tableName, ...input },
];
const executionArn = () =>
  `${world.cloud.stateMachineArn.replace(':stateMachine:', ':execution:')}:${others.sessionId}`;
const anotherRole = () =>
  [...world.cloud.iam.roles.values()].find(({ logicalId }) => /LaunchNodes/.test(logicalId))?.arn;

/** `OWN` stands for the node's own id, in the names of what it may write. */
const ALLOWED: Record<string, () => Attempt> = {
  'writes its own status': () => s3('PutObject', 'status/OWN.json', { Body: '{}' }),
  'writes a checkpoint of its own': () => s3('PutObject', 'nodes/OWN/checkpoints/999999/part', { Body: '{}' }),
  'reads a parameter of the stack': () => ssm('GetParameter', { Name: '/runctl/ours' }),
  'reads a secret of the stack': () => secret('runctl/ours'),
  'reads one whose name begins with a slash': () => secret('/runctl/ours'),
};

const DENIED: Record<string, () => Attempt> = {
  'writes another node’s status': () => s3('PutObject', `status/${OTHER}.json`, { Body: '{}' }),
  'writes another node’s status in parts': () => s3('CreateMultipartUpload', `status/${OTHER}.json`),
  'copies over another node’s status': () =>
    s3('CopyObject', `status/${OTHER}.json`, { CopySource: `${world.cloud.bucket}/code/trainer.tar.gz` }),
  'deletes another node’s status': () => s3('DeleteObject', `status/${OTHER}.json`),
  'writes another node’s last word': () => s3('PutObject', `final/${OTHER}.json`, { Body: '{}' }),
  'writes another node’s checkpoints': () =>
    s3('PutObject', `nodes/${OTHER}/checkpoints/000001/manifest.json`, { Body: '{}' }),
  'deletes another node’s checkpoints': () => s3('DeleteObject', `nodes/${OTHER}/checkpoints/000001/manifest.json`),
  'extends a lease': () => s3('PutObject', `sessions/${others.sessionId}/lease.json`, { Body: '{}' }),
  'replaces code': () => s3('PutObject', 'code/trainer.tar.gz', { Body: '' }),
  'overwrites results': () => s3('PutObject', 'results/old/result.json', { Body: '{}' }),
  'reads a parameter elsewhere': () => ssm('GetParameter', { Name: '/other/theirs' }),
  'reads one among those of the stack': () => ssm('GetParameters', { Names: ['/runctl/ours', '/other/theirs'] }),
  'reads all parameters': () => ssm('GetParametersByPath', { Path: '/', Recursive: true }),
  'reads a secret elsewhere': () => secret('other/theirs'),
  'sends a command': () => ssm('SendCommand', { DocumentName: 'AWS-RunShellScript', InstanceIds: [others.instanceId] }),
  'completes a task': () => states('SendTaskSuccess', { taskToken: 'token', output: '{}' }),
  'fails a task': () => states('SendTaskFailure', { taskToken: 'token' }),
  'keeps a task waiting': () => states('SendTaskHeartbeat', { taskToken: 'token' }),
  'stops an execution': () => states('StopExecution', { executionArn: executionArn() }),
  'starts an execution': () => states('StartExecution', { stateMachineArn: world.cloud.stateMachineArn, input: '{}' }),
  'terminates an instance': () => ec2('TerminateInstances', { InstanceIds: [others.instanceId] }),
  'launches an instance': () =>
    ec2('RunInstances', { ImageId: imageId, InstanceType: 'm6i.large', MinCount: 1, MaxCount: 1 }),
  'tags an instance': () =>
    ec2('CreateTags', { Resources: [others.instanceId], Tags: [{ Key: 'CreatedBy', Value: 'me' }] }),
  // It has the task's token.
  'reads a session’s record': () =>
    table('GetItem', { Key: { pk: { S: `SESSION#${others.sessionId}` }, sk: { S: 'RECORD' } } }),
  'writes a session’s record': () => table('PutItem', { Item: {} }),
  'asks for another’s stop': () => [
    'client-eventbridge',
    'EventBridgeClient',
    'PutEventsCommand',
    { Entries: [{ Source: 'runctl', DetailType: 'Stop Requested', Detail: JSON.stringify(others) }] },
  ],
  'notifies the user': () => [
    'client-sns',
    'SNSClient',
    'PublishCommand',
    { TopicArn: world.cloud.topicArn, Message: 'x' },
  ],
  'takes on another role': () => [
    'client-sts',
    'STSClient',
    'AssumeRoleCommand',
    { RoleArn: anotherRole(), RoleSessionName: 'x' },
  ],
};

describe.each([[true], [false]])('a training script of a job with aws: %s', (aws) => {
  let outcomes: Record<string, string>;
  let instanceId: string;
  beforeAll(async () => {
    const sessionId = sessions.get(aws) ?? '';
    await world.success(sessionId);
    instanceId = (await world.node(sessionId, 1))?.instanceId ?? '';
    outcomes = (await world.json<Record<string, string>>(`results/${sessionId}/attempts.json`)) ?? {};
  });

  it('acts with its instance’s credentials', () => {
    expect(outcomes['says who it is']).toMatch(new RegExp(`:assumed-role/.*/${instanceId}$`));
  });

  it.each(Object.keys(ALLOWED))('%s', (attempt) => expect(outcomes[attempt]).toBe('allowed'));

  it.each(Object.keys(DENIED))('%s: denied', (attempt) =>
    expect(outcomes[attempt]).toMatch(/^(AccessDenied|Unauthorized|AuthorizationError)/),
  );
});
