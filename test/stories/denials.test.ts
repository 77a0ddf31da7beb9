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
  const given = JSON.stringify({ modules: ROOT, attempts: { ...attempts().allowed, ...attempts().denied } });
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

/** Package, client, command and input of each attempt. */
function attempts() {
  const { bucket, tableName, topicArn, stateMachineArn, iam } = world.cloud;
  const s3 = (command: string, Key: string, more: object = {}) =>
    ['client-s3', 'S3Client', `${command}Command`, { Bucket: bucket, Key, ...more }] as const;
  const ssm = (command: string, input: object) => ['client-ssm', 'SSMClient', `${command}Command`, input] as const;
  const secret = (SecretId: string) =>
    ['client-secrets-manager', 'SecretsManagerClient', 'GetSecretValueCommand', { SecretId }] as const;
  const states = (command: string, input: object) => ['client-sfn', 'SFNClient', `${command}Command`, input] as const;
  const ec2 = (command: string, input: object) => ['client-ec2', 'EC2Client', `${command}Command`, input] as const;
  const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${others.sessionId}`;
  const stop = { Source: 'runctl', DetailType: 'Stop Requested', Detail: JSON.stringify(others) };
  const anotherRole = [...iam.roles.values()].find(({ logicalId }) => /LaunchNodes/.test(logicalId))?.arn;
  return {
    allowed: {
      'says who it is': ['client-sts', 'STSClient', 'GetCallerIdentityCommand', {}],
      'reads a parameter of the stack': ssm('GetParameter', { Name: '/runctl/ours' }),
      'reads a secret of the stack': secret('runctl/ours'),
      'reads one whose name begins with a slash': secret('/runctl/ours'),
    },
    denied: {
      'writes another node’s status': s3('PutObject', `status/${OTHER}.json`, { Body: '{}' }),
      'writes another node’s last word': s3('PutObject', `final/${OTHER}.json`, { Body: '{}' }),
      'writes another node’s checkpoints': s3('PutObject', `nodes/${OTHER}/checkpoints/000001/manifest.json`, {
        Body: '{}',
      }),
      'deletes another node’s checkpoints': s3('DeleteObject', `nodes/${OTHER}/checkpoints/000001/manifest.json`),
      'extends a lease': s3('PutObject', `sessions/${others.sessionId}/lease.json`, { Body: '{}' }),
      'replaces code': s3('PutObject', 'code/trainer.tar.gz', { Body: '' }),
      'overwrites results': s3('PutObject', 'results/old/result.json', { Body: '{}' }),
      'reads a parameter elsewhere': ssm('GetParameter', { Name: '/other/theirs' }),
      'reads a secret elsewhere': secret('other/theirs'),
      'sends a command': ssm('SendCommand', { DocumentName: 'AWS-RunShellScript', InstanceIds: [others.instanceId] }),
      'completes a task': states('SendTaskSuccess', { taskToken: 'token', output: '{}' }),
      'fails a task': states('SendTaskFailure', { taskToken: 'token' }),
      'stops an execution': states('StopExecution', { executionArn }),
      'starts an execution': states('StartExecution', { stateMachineArn, input: '{}' }),
      'terminates an instance': ec2('TerminateInstances', { InstanceIds: [others.instanceId] }),
      'launches an instance': ec2('RunInstances', {
        ImageId: imageId,
        InstanceType: 'm6i.large',
        MinCount: 1,
        MaxCount: 1,
      }),
      'tags an instance': ec2('CreateTags', {
        Resources: [others.instanceId],
        Tags: [{ Key: 'CreatedBy', Value: 'me' }],
      }),
      'writes a session’s record': [
        'client-dynamodb',
        'DynamoDBClient',
        'PutItemCommand',
        { TableName: tableName, Item: {} },
      ],
      'asks for another’s stop': ['client-eventbridge', 'EventBridgeClient', 'PutEventsCommand', { Entries: [stop] }],
      'notifies the user': ['client-sns', 'SNSClient', 'PublishCommand', { TopicArn: topicArn, Message: 'x' }],
      'takes on another role': [
        'client-sts',
        'STSClient',
        'AssumeRoleCommand',
        { RoleArn: anotherRole, RoleSessionName: 'x' },
      ],
    },
  };
}

describe.each([[true], [false]])('a training script of a job with aws: %s', (aws) => {
  let outcomes: Record<string, string>;
  let instanceId: string;
  beforeAll(async () => {
    const sessionId = sessions.get(aws) ?? '';
    await world.until(
      'the script has ended',
      async () => (await world.execution(sessionId)).status !== 'RUNNING',
      170_000,
    );
    await world.success(sessionId);
    instanceId = (await world.node(sessionId, 1))?.instanceId ?? '';
    outcomes = (await world.json<Record<string, string>>(`results/${sessionId}/attempts.json`)) ?? {};
  });

  it('acts with its instance’s credentials, and may what the instance may', () => {
    expect(outcomes['says who it is']).toMatch(new RegExp(`:assumed-role/.*/${instanceId}$`));
    const { 'says who it is': _, ...allowed } = attempts().allowed;
    for (const attempt of Object.keys(allowed)) expect([attempt, outcomes[attempt]]).toEqual([attempt, 'allowed']);
  });

  it('may not do what is not its own', () => {
    const denials = Object.keys(attempts().denied).map((attempt) => [attempt, outcomes[attempt]]);
    const notDenied = denials.filter(
      ([, outcome]) => !/^(AccessDenied|Unauthorized|AuthorizationError)/.test(outcome ?? ''),
    );
    expect(denials.length).toBeGreaterThan(0);
    expect(notDenied).toEqual([]);
  });
});
