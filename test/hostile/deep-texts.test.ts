/** Texts that nest deeper than any stack: each is refused by name, and nothing falls over. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchGetItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand, PutRuleCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { CreateDocumentCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { CliContext } from '../../cli/context';
import { EXIT } from '../../cli/exit-codes';
import { readSpec } from '../../cli/spec/read-spec';
import { type LocalCloud, startLocalCloud } from '../../local/cloud';
import { MAX_JSON_DEPTH } from '../../local/json-text';
import { synthesizeFixture } from '../cloud/fixture/synthesize';

const deep = (levels = 100_000) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

let folder: string;
let fixture: string;
let cloud: LocalCloud;
let config: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-deep-'));
  fixture = synthesizeFixture();
  cloud = await startLocalCloud({ assemblyDir: join(fixture, 'cdk.out'), dataDir: join(folder, 'cloud'), port: 0 });
  const { endpoint, region } = cloud;
  config = { endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
});
afterAll(async () => {
  await cloud?.close();
  for (const each of [folder, fixture]) rmSync(each, { recursive: true, force: true });
});

const start = (input: string) =>
  new SFNClient(config).send(new StartExecutionCommand({ stateMachineArn: cloud.stateMachineArn, input }));

/** A call whose body nests, which no SDK would write. */
async function answerTo(service: string, target: string, body: string): Promise<{ status: number; text: string }> {
  const response = await fetch(cloud.endpoint, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': target,
      'x-amz-date': '20261128T000000Z',
      authorization: `AWS4-HMAC-SHA256 Credential=test/20261128/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
    },
    signal: AbortSignal.timeout(20_000),
  });
  return { status: response.status, text: await response.text() };
}

describe('the local cloud', () => {
  it.each([
    ['as a whole', deep()],
    ['in a field of a job', `{"name": "a", "command": "b", "env": ${deep()}}`],
    ['one level more than it takes', deep(MAX_JSON_DEPTH + 1)],
  ])('refuses to start an execution with an input that nests, %s', async (_title, input) => {
    await expect(start(input)).rejects.toMatchObject({
      name: 'InvalidExecutionInput',
      message: expect.stringContaining('nesting depth exceeds the maximum allowed (1000)'),
    });
  });

  it('takes an input with all the levels that it says, brackets in texts not counted', async () => {
    const input = `{"id": "deep", "text": "\\"${'['.repeat(2000)}", "more": ${deep(MAX_JSON_DEPTH - 1)}}`;
    const { executionArn } = await start(input);
    const sfn = new SFNClient(config);
    let found = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    while (found.status === 'RUNNING') found = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    expect(found).toMatchObject({ status: 'SUCCEEDED', output: '{"recorded":"deep"}' });
  });

  it('refuses an event of its own, and puts the others of the call', async () => {
    const entry = (Detail: string) => ({ Source: 'runctl', DetailType: 'Stop Requested', Detail });
    const { Entries } = await new EventBridgeClient(config).send(
      new PutEventsCommand({ Entries: [entry(`{"sessionId": ${deep()}}`), entry('{"sessionId": "a"}')] }),
    );
    expect(Entries).toMatchObject([{ ErrorCode: 'MalformedDetail' }, { EventId: expect.any(String) }]);
  });

  it('refuses a rule’s pattern', async () => {
    const put = new PutRuleCommand({ Name: 'deep', EventPattern: `{"source": ${deep()}}` });
    await expect(new EventBridgeClient(config).send(put)).rejects.toMatchObject({
      name: 'InvalidEventPatternException',
    });
  });

  it.each(['RequestResponse', 'Event'] as const)(
    'refuses to invoke a function with it (%s)',
    async (InvocationType) => {
      const lambda = new LambdaClient(config);
      const { Functions } = await lambda.send(new ListFunctionsCommand({}));
      const FunctionName = Functions?.[0]?.FunctionName;
      const invoke = new InvokeCommand({ FunctionName, InvocationType, Payload: Buffer.from(deep()) });
      await expect(lambda.send(invoke)).rejects.toMatchObject({ name: 'InvalidRequestContentException' });
    },
  );

  it('refuses a document of Systems Manager', async () => {
    for (const Content of [
      deep(),
      `{"schemaVersion": "2.2", "mainSteps": [{"action": "aws:runShellScript", "name": "a", "inputs": {"runCommand": ${deep()}}}]}`,
    ]) {
      const create = new CreateDocumentCommand({ Name: 'deep', DocumentType: 'Command', Content });
      await expect(new SSMClient(config).send(create)).rejects.toMatchObject({ name: 'InvalidDocumentContent' });
    }
  });

  it('carries an object and a notification of it, which are texts to it', async () => {
    const s3 = new S3Client({ ...config, forcePathStyle: true });
    await s3.send(new PutObjectCommand({ Bucket: cloud.bucket, Key: 'status/deep.json', Body: deep() }));
    const Message = `{"default": "text", "email": ${deep()}}`;
    const publish = new PublishCommand({ TopicArn: cloud.topicArn, Message, MessageStructure: 'json' });
    expect(await new SNSClient(config).send(publish)).toMatchObject({ MessageId: expect.any(String) });
  });

  it.each([
    ['states', 'AWSStepFunctions.StartExecution', `{"input": ${deep()}}`],
    ['dynamodb', 'DynamoDB_20120810.PutItem', `{"Item": {"pk": ${'{"L": ['.repeat(50_000)}${']}'.repeat(50_000)}}}`],
    ['events', 'AWSEvents.PutEvents', `{"Entries": ${deep()}}`],
    ['ssm', 'AmazonSSM.SendCommand', `${'{"Parameters":'.repeat(50_000)}1${'}'.repeat(50_000)}`],
  ])('refuses a call of %s (%s) whose body nests', async (service, target, body) => {
    expect(await answerTo(service, target, body)).toEqual({
      status: 400,
      text: expect.stringContaining('SerializationException'),
    });
  });

  it('still answers', async () => {
    const batch = new BatchGetItemCommand({ RequestItems: { [cloud.tableName]: { Keys: [{ pk: { S: 'x' } }] } } });
    expect((await new DynamoDBClient(config).send(batch)).$metadata.httpStatusCode).toBe(200);
  });
});

describe('the command line', () => {
  it.each([
    ['a job', `{"name": "a", "command": "b", "env": ${deep()}}`],
    ['what does not even end', '['.repeat(100_000)],
  ])('says that %s is nested too deeply', async (_title, text) => {
    writeFileSync(join(folder, 'job.json'), text);
    await expect(readSpec({ cwd: folder } as CliContext, 'job.json', [])).rejects.toMatchObject({
      exitCode: EXIT.invalidJob,
      message: expect.stringMatching(/^job\.json:1:1: this is nested too deeply\n/),
    });
  });
});
