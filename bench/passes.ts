/**
 * One pass of each scheduled function over many instances, as the function runs it: its real adapters on the local
 * cloud's EC2 and doubles of S3 and DynamoDB in memory, AWS's page sizes, and AWS's documented request rates as token
 * buckets that make a call wait. Run in a process of its own: `bench/passes.ts <instances> <folder of the synthesized template>` prints JSON.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DynamoAlertMarks } from '../aws/dynamo-alert-marks';
import { DynamoCostLedger } from '../aws/dynamo-cost-ledger';
import { DynamoCursors } from '../aws/dynamo-cursors';
import { DynamoLock } from '../aws/dynamo-lock';
import { DynamoSessionRegister } from '../aws/dynamo-session-register';
import { DynamoSessionStore } from '../aws/dynamo-session-store';
import { DynamoZombieMarks } from '../aws/dynamo-zombie-marks';
import { Ec2Fleet } from '../aws/ec2-fleet';
import { Ec2Inventory } from '../aws/ec2-inventory';
import { MarketPrices } from '../aws/market-prices';
import { S3ObjectStore } from '../aws/s3-object-store';
import { SfnExecutions } from '../aws/sfn-executions';
import { budgetsSchema } from '../core/costs/budgets';
import { statusKey } from '../core/s3-layout';
import { iso, MINUTE_MS } from '../core/time';
import { reapZombies } from '../lambdas/reap-zombies/reap-zombies';
import { reconcile } from '../lambdas/reconcile/reconcile';
import { trackCosts } from '../lambdas/track-costs/track-costs';
import { createDispatch } from '../local/gateway/dispatch';
import type { Host } from '../local/hosts/host';
import type { CallContext, Service } from '../local/service';
import { OPEN_ACCESS } from '../local/services/ec2/access';
import { createEc2 } from '../local/services/ec2/create-ec2';
import { createPricing } from '../local/services/pricing';
import { createMemoryDynamodb } from '../simulation/services/memory-dynamodb';
import { createMemoryS3 } from '../simulation/services/memory-s3';
import { SimulatedClock } from '../simulation/simulated-clock';
import { aNode, anAttempt, aSession, aStatus } from '../test/support/sessions';
import { TokenBuckets } from './token-buckets';

const NODES_PER_SESSION = 2;
const ACCOUNT = '000000000000';
const REGION = 'us-east-1';
const BUCKET = 'bench';
const TABLE = 'bench';
const MACHINE_ARN = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:bench`;
const PAGE = 1000;

export interface PassMeasurement {
  pass: string;
  seconds: number;
  /** The most that the heap grew by, over what the cloud itself holds. */
  peakHeapMiB: number;
  calls: number;
  /** Of the most frequent calls. */
  callsByName: Record<string, number>;
}

class Cloud {
  readonly clock = new SimulatedClock(Date.UTC(2026, 10, 15, 12));
  readonly calls = new Map<string, number>();
  readonly #buckets = new TokenBuckets();
  readonly #s3 = createMemoryS3({ clock: this.clock, emitEvent: () => {} });
  readonly #dynamodb = createMemoryDynamodb();
  readonly #ec2 = createEc2({
    clock: this.clock,
    newId: () => crypto.randomUUID(),
    accountId: ACCOUNT,
    region: REGION,
    emitEvent: () => {},
    access: OPEN_ACCESS,
    random: () => 0.5,
    hosts: { launch: ({ instanceId }) => inertHost(instanceId), close: async () => {} },
  });
  readonly #executions: string[] = [];
  readonly #statuses = new Map<string, string>();
  readonly #dispatch = createDispatch(
    [this.#s3.service, this.#dynamodb.service, this.#ec2, createPricing(), this.#states()],
    () => {},
  );
  readonly #context: CallContext = {
    caller: { accessKeyId: 'bench', accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/bench`, userId: 'bench' },
    accountId: ACCOUNT,
    region: REGION,
    requestId: 'bench',
  };

  /** A client of the SDK's, as far as the adapters use one. */
  client<T>(serviceId: string): T {
    const send = async (command: { constructor: { name: string }; input: object }) => {
      const operation = command.constructor.name.replace(/Command$/, '');
      this.calls.set(operation, (this.calls.get(operation) ?? 0) + 1);
      await this.#buckets.take(operation);
      return this.#dispatch(serviceId, operation, command.input, this.#context);
    };
    return { send } as T;
  }

  async fill(instances: number, assemblyDir: string): Promise<void> {
    this.#s3.createBucket(BUCKET, { eventBridge: false });
    await this.#dynamodb.createTable(tableOf(assemblyDir));
    for (const code of ['L-1216C47A', 'L-34B43A08']) this.#ec2.setQuota(code, 10_000_000);
    const sessions = instances / NODES_PER_SESSION;
    for (let index = 0; index < sessions; index++) await this.#addSession(`session-${String(index).padStart(6, '0')}`);
    while (this.clock.step());
    this.clock.schedule(6 * MINUTE_MS, () => {});
    this.clock.step();
    for (const [key, status] of this.#statuses) await this.#s3.putObject(BUCKET, key, Buffer.from(status));
  }

  async #addSession(sessionId: string): Promise<void> {
    const tags = { CreatedBy: 'runctl', SessionId: sessionId, Attempt: '1', Project: 'bench' };
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    const { Instances } = (await this.#dispatch(
      'ec2',
      'RunInstances',
      {
        ImageId: 'resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
        InstanceType: 'm5.large',
        MinCount: NODES_PER_SESSION,
        MaxCount: NODES_PER_SESSION,
        InstanceMarketOptions: { MarketType: 'spot' },
        TagSpecifications: [{ ResourceType: 'instance', Tags }],
      },
      this.#context,
    )) as { Instances: { InstanceId: string; Placement: { AvailabilityZone: string } }[] };
    const at = iso(this.clock.now());
    const nodes = Instances.map(({ InstanceId, Placement }, rank) =>
      aNode({
        instanceId: InstanceId,
        rank,
        instanceType: 'm5.large',
        zone: Placement.AvailabilityZone,
        launchedAt: at,
        stateSince: at,
        statusAt: at,
      }),
    );
    const executionArn = `${MACHINE_ARN.replace(':stateMachine:', ':execution:')}:${sessionId}`;
    this.#executions.push(executionArn);
    const attempts = [anAttempt({ nodes, beganAt: at })];
    const session = aSession({ sessionId, executionArn, createdAt: at, attempts }, { project: 'bench' });
    await new DynamoSessionStore(this.client('dynamodb'), TABLE).create({ ...session, version: 1 });
    for (const { userId } of nodes) {
      const status = aStatus({ sessionId, at });
      this.#statuses.set(statusKey(userId), JSON.stringify(status));
    }
  }

  #states(): Service {
    const ListExecutions = async ({ nextToken = '0' }: { nextToken?: string }) => {
      const start = Number(nextToken);
      const executions = this.#executions.slice(start, start + PAGE).map((executionArn) => ({ executionArn }));
      return { executions, ...(start + PAGE < this.#executions.length ? { nextToken: String(start + PAGE) } : {}) };
    };
    return { id: 'states', operations: { ListExecutions } };
  }
}

/** A machine on which nothing runs. */
function inertHost(instanceId: string): Host {
  const nothing = async () => {};
  const run = () => ({ finished: new Promise<never>(() => {}), cancel: () => {} });
  return { instanceId, showInterruption: () => {}, showRebalance: () => {}, run, shutDown: nothing, destroy: nothing };
}

/** The table as the template has it. */
function tableOf(assemblyDir: string): object {
  const template = JSON.parse(readFileSync(path.join(assemblyDir, 'Runctl.template.json'), 'utf8')) as {
    Resources: Record<string, { Type: string; Properties: object }>;
  };
  const table = Object.values(template.Resources).find(({ Type }) => Type === 'AWS::DynamoDB::Table');
  return { ...table?.Properties, TableName: TABLE };
}

function wire(cloud: Cloud) {
  const { clock } = cloud;
  const table = cloud.client<never>('dynamodb');
  const ec2 = cloud.client<never>('ec2');
  const fleet = new Ec2Fleet({ client: ec2, clock });
  const log = {
    info: () => {},
    warn: () => {},
    error: (message: string, fields: object) => console.error(message, fields),
  };
  const told = { published: 0 };
  return {
    clock,
    log,
    fleet,
    told,
    sessions: new DynamoSessionStore(table, TABLE),
    objects: new S3ObjectStore(cloud.client<never>('s3'), BUCKET),
    register: new DynamoSessionRegister(table, TABLE),
    marks: new DynamoZombieMarks(table, TABLE),
    alerts: new DynamoAlertMarks(table, TABLE, clock),
    ledger: new DynamoCostLedger(table, TABLE),
    cursors: new DynamoCursors(table, TABLE),
    lock: new DynamoLock(table, TABLE, clock),
    inventory: new Ec2Inventory(ec2, fleet),
    executions: new SfnExecutions(cloud.client<never>('states'), MACHINE_ARN),
    prices: new MarketPrices({
      ec2,
      pricing: cloud.client<never>('pricing'),
      region: REGION,
      clock,
      onUnknown: () => {},
    }),
    presence: { online: async () => new Set<string>() },
    tasks: {
      succeed: async () => 'done' as const,
      fail: async () => 'done' as const,
      heartbeat: async () => 'done' as const,
    },
    notifier: {
      publish: async () => {
        told.published += 1;
      },
    },
    bucket: BUCKET,
    region: REGION,
    budgets: budgetsSchema.parse({ project: { bench: 1_000_000 } }),
    holder: 'bench',
    deadlineMs: Number.POSITIVE_INFINITY,
    hasTime: () => true,
    count: () => {},
    measure: () => {},
    settings: { minAgeMinutes: 15, isDryRun: false, tableName: TABLE },
    retention: { daysAfterSuccess: 14, daysResumable: 90 },
  };
}

async function measure(cloud: Cloud, pass: string, run: () => Promise<unknown>): Promise<PassMeasurement> {
  cloud.calls.clear();
  global.gc?.();
  const before = process.memoryUsage().heapUsed;
  let peak = before;
  const sampler = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().heapUsed);
  }, 20);
  const startedAt = performance.now();
  await run();
  const seconds = (performance.now() - startedAt) / 1000;
  peak = Math.max(peak, process.memoryUsage().heapUsed);
  clearInterval(sampler);
  const byCount = [...cloud.calls].sort(([, a], [, b]) => b - a);
  return {
    pass,
    seconds,
    peakHeapMiB: (peak - before) / 2 ** 20,
    calls: byCount.reduce((sum, [, count]) => sum + count, 0),
    callsByName: Object.fromEntries(byCount.slice(0, 6)),
  };
}

async function main(): Promise<void> {
  const cloud = new Cloud();
  const [instances = '100', assemblyDir = 'cdk.out'] = process.argv.slice(2);
  await cloud.fill(Number(instances), assemblyDir);
  const deps = wire(cloud);
  const results = [
    await measure(cloud, 'reconcile', () => reconcile(deps)),
    await measure(cloud, 'track-costs', () => trackCosts({ ...deps, marks: deps.alerts })),
    await measure(cloud, 'reap-zombies', () => reapZombies(deps)),
  ];
  console.log(JSON.stringify(results));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
