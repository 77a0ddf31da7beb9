/**
 * The world of a story: the local cloud, started from the synthesized template, and the few verbs that stories use.
 * The clock runs fast, so that minutes of AWS pass in seconds; training runs in real time.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand, EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { JobSpecInput } from '../../../core/job/job-spec';
import type { FinalStatus, NodeStatus } from '../../../core/node/node-status';
import { finalKey, statusKey } from '../../../core/s3-layout';
import type { Node, Session } from '../../../core/session/session';
import { TAG } from '../../../core/tags';
import { type LocalCloud, startLocalCloud } from '../../../local/cloud';
import { record } from '../../../scripts/iam-coverage/recordings';

const ROOT = resolve(__dirname, '../../..');
/** Read by `npm run iam:coverage`. */
const GRANTS = join(ROOT, 'build', 'grants');
const POLL_MS = 50;
/** Far longer than anything takes on a quiet machine. */
const PATIENCE_MS = 150_000;

export interface WorldOptions {
  /** AWS minutes per real minute. */
  speed?: number;
  cloud?: Partial<Parameters<typeof startLocalCloud>[0]>;
}

export class World {
  readonly #config: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };
  readonly sfn: SFNClient;
  readonly s3: S3Client;
  readonly ec2: EC2Client;
  readonly #events: EventBridgeClient;
  readonly #table: DynamoDBDocumentClient;
  #count = 0;

  private constructor(
    readonly cloud: LocalCloud,
    readonly dataDir: string,
  ) {
    const { endpoint, region } = cloud;
    this.#config = { endpoint, region, credentials: { accessKeyId: 'story', secretAccessKey: 'story' } };
    this.sfn = new SFNClient(this.#config);
    this.s3 = new S3Client({ ...this.#config, forcePathStyle: true });
    this.ec2 = new EC2Client(this.#config);
    this.#events = new EventBridgeClient(this.#config);
    this.#table = DynamoDBDocumentClient.from(new DynamoDBClient(this.#config));
  }

  static async start({ speed = 20, cloud = {} }: WorldOptions = {}): Promise<World> {
    const dataDir = mkdtempSync(join(tmpdir(), 'runctl-story-'));
    const started = await startLocalCloud({ assemblyDir: join(ROOT, 'cdk.out'), dataDir, port: 0, speed, ...cloud });
    const world = new World(started, dataDir);
    await world.#putTrainer();
    return world;
  }

  async close(): Promise<void> {
    record(GRANTS, this.cloud.grants());
    await this.cloud.close();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** Starts a job of the stories' trainer and returns its session id. `train` are the trainer's arguments. */
  async submit(train: string, job: Partial<JobSpecInput> = {}): Promise<string> {
    const sessionId = this.newName('story');
    const input: JobSpecInput = {
      name: 'story',
      command: `python3 train.py ${train}`,
      code: `s3://${this.cloud.bucket}/code/trainer.tar.gz`,
      resources: { instanceTypes: ['m6i.large'], volumeGiB: 30 },
      ...job,
      checkpoints: { pattern: 'step-*.json', resumeArg: '--resume {path}', ...job.checkpoints },
    };
    await this.startExecution(sessionId, input);
    return sessionId;
  }

  /** One that nothing has had, whichever try it is. */
  newName(stem: string): string {
    return `${stem}-${++this.#count}`;
  }

  async startExecution(sessionId: string, input: unknown): Promise<void> {
    const { stateMachineArn } = this.cloud;
    await this.sfn.send(new StartExecutionCommand({ stateMachineArn, name: sessionId, input: JSON.stringify(input) }));
  }

  async execution(sessionId: string): Promise<DescribeExecutionCommandOutput> {
    const executionArn = `${this.cloud.stateMachineArn.replace(':stateMachine:', ':execution:')}:${sessionId}`;
    return this.sfn.send(new DescribeExecutionCommand({ executionArn }));
  }

  async abort(sessionId: string): Promise<void> {
    const { executionArn } = await this.execution(sessionId);
    await this.sfn.send(new StopExecutionCommand({ executionArn }));
  }

  /** The user's graceful stop. */
  async stop(sessionId: string, detail: object = {}): Promise<void> {
    const entry = { Source: 'runctl', DetailType: 'Stop Requested', Detail: JSON.stringify({ sessionId, ...detail }) };
    await this.#events.send(new PutEventsCommand({ Entries: [entry] }));
  }

  async session(sessionId: string): Promise<Session | undefined> {
    const key = { pk: `SESSION#${sessionId}`, sk: 'RECORD' };
    const { Item } = await this.#table.send(new GetCommand({ TableName: this.cloud.tableName, Key: key }));
    return Item?.['record'] as Session | undefined;
  }

  /** The node of an attempt as the record has it. */
  async node(sessionId: string, attempt: number): Promise<Node | undefined> {
    return (await this.nodes(sessionId, attempt))[0];
  }

  /** By rank. */
  async nodes(sessionId: string, attempt: number): Promise<Node[]> {
    const nodes = (await this.session(sessionId))?.attempts.find(({ number }) => number === attempt)?.nodes ?? [];
    return [...nodes].sort((a, b) => a.rank - b.rank);
  }

  async status(node: Node): Promise<NodeStatus | undefined> {
    return this.json<NodeStatus>(statusKey(node.userId));
  }

  async final(node: Node): Promise<FinalStatus | undefined> {
    return this.json<FinalStatus>(finalKey(node.userId));
  }

  async json<T>(key: string): Promise<T | undefined> {
    const text = await this.text(key);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  async text(key: string): Promise<string | undefined> {
    try {
      const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: this.cloud.bucket, Key: key }));
      return await Body?.transformToString();
    } catch (error) {
      if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
      throw error;
    }
  }

  async put(key: string, body: string | Buffer): Promise<void> {
    await this.s3.send(new PutObjectCommand({ Bucket: this.cloud.bucket, Key: key, Body: body }));
  }

  async keys(prefix: string): Promise<string[]> {
    const { Contents } = await this.s3.send(new ListObjectsV2Command({ Bucket: this.cloud.bucket, Prefix: prefix }));
    return (Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
  }

  /** Instances of the session that are still on the bill. */
  async instances(sessionId: string): Promise<Instance[]> {
    const filters = [
      { Name: `tag:${TAG.sessionId}`, Values: [sessionId] },
      { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped', 'shutting-down'] },
    ];
    const { Reservations } = await this.ec2.send(new DescribeInstancesCommand({ Filters: filters }));
    return (Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
  }

  /** Waits until training on the attempt's node has reached `step`; returns the node. */
  async trainingAt(sessionId: string, step: number, attempt = 1): Promise<Node> {
    return this.until(`attempt ${attempt} of ${sessionId} trains at step ${step}`, async () => {
      const { status: execution, error, cause } = await this.execution(sessionId);
      if (execution !== 'RUNNING') throw new Error(`${sessionId} is ${execution}: ${error}: ${cause}`);
      const node = await this.node(sessionId, attempt);
      const status = node && (await this.status(node));
      return node && (status?.progress.step ?? 0) >= step ? node : undefined;
    });
  }

  /** Waits until the first attempt's node is at the stage; returns the node. */
  async atStage(sessionId: string, stage: NodeStatus['stage']): Promise<Node> {
    return this.until(`${sessionId} is at stage ${stage}`, async () => {
      const node = await this.node(sessionId, 1);
      const status = node && (await this.status(node));
      return status?.stage === stage ? node : undefined;
    });
  }

  /** Waits until the execution has ended. */
  async end(sessionId: string): Promise<DescribeExecutionCommandOutput> {
    return this.until(`${sessionId} ends`, async () => {
      const execution = await this.execution(sessionId);
      return execution.status === 'RUNNING' ? undefined : execution;
    });
  }

  /** Waits for the end, which must be a success. */
  async success(sessionId: string): Promise<DescribeExecutionCommandOutput> {
    const execution = await this.end(sessionId);
    const { status, error, cause } = execution;
    if (status !== 'SUCCEEDED') throw new Error(`${sessionId} is ${status}: ${error}: ${cause}`);
    return execution;
  }

  async noInstances(sessionId: string): Promise<void> {
    await this.until(`no instance of ${sessionId} is left`, async () => (await this.instances(sessionId)).length === 0);
  }

  /** Polls until `look` returns something truthy. The last look's failure is in the error. */
  async until<T>(what: string, look: () => Promise<T | undefined | false>, timeoutMs = PATIENCE_MS): Promise<T> {
    const giveUpAt = performance.now() + timeoutMs;
    for (;;) {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      if (performance.now() > giveUpAt) throw new Error(`Waited ${timeoutMs / 1000} s in vain until ${what}`);
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  }

  async #putTrainer(): Promise<void> {
    const archive = join(this.dataDir, 'trainer.tar.gz');
    execFileSync('tar', ['-czf', archive, '-C', resolve(__dirname, '../trainer'), 'train.py']);
    await this.put('code/trainer.tar.gz', readFileSync(archive));
  }
}
