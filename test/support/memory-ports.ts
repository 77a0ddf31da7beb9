/** Every port of core/ in memory: what the functions are tested with. Records are cloned, versions checked. */
import { budgetsSchema } from '../../core/costs/budgets';
import { type PriceHistory, type PricePoint, poolOf } from '../../core/costs/prices';
import { RunctlError } from '../../core/errors';
import type { Notification } from '../../core/notifications/notification';
import type {
  Catalog,
  Executions,
  Fleet,
  InstanceLook,
  InstanceTypeInfo,
  LaunchedInstance,
  Lock,
  MachineImage,
  Notifier,
  ObjectStore,
  Prices,
  Probe,
  Quotas,
  Replacements,
  RunCommand,
  SessionStore,
  StartCommand,
  StoredObject,
  StoredSize,
  TaskCallback,
} from '../../core/ports';
import { parseS3Uri, type S3Location } from '../../core/s3-layout';
import type { LaunchRequest, PoolError, Session } from '../../core/session/session';
import { iso } from '../../core/time';
import { MemoryAlertMarks, MemoryCursors, MemoryLedger } from './memory-ledgers';
import { NOW } from './sessions';

/** As the table keeps it: what JSON cannot bear is no part of a record. */
function clone<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}

export class MemoryClock {
  constructor(public nowMs = NOW) {}
  now(): number {
    return this.nowMs;
  }
  pass(durationMs: number): void {
    this.nowMs += durationMs;
  }
}

export class MemorySessions implements SessionStore {
  readonly records = new Map<string, Session>();
  readonly index = new Map<string, string>();
  /** Called before the next save: where another writer gets in between. */
  beforeSave: (() => Promise<void> | void) | undefined;

  constructor(...sessions: Session[]) {
    for (const session of sessions) this.records.set(session.sessionId, clone(session));
  }

  async get(sessionId: string): Promise<Session | undefined> {
    return clone(this.records.get(sessionId));
  }

  async create(session: Session): Promise<boolean> {
    if (this.records.has(session.sessionId)) return false;
    this.records.set(session.sessionId, clone(session));
    return true;
  }

  async save(session: Session): Promise<Session> {
    const interrupt = this.beforeSave;
    this.beforeSave = undefined;
    await interrupt?.();
    if (this.records.get(session.sessionId)?.version !== session.version) {
      throw new RunctlError('WriteConflict', 'Somebody else was first.');
    }
    const written = { ...session, version: session.version + 1 };
    this.records.set(session.sessionId, clone(written));
    for (const { nodes } of session.attempts) {
      for (const { instanceId } of nodes) this.index.set(instanceId, session.sessionId);
    }
    return written;
  }

  async sessionIdOfInstance(instanceId: string): Promise<string | undefined> {
    return this.index.get(instanceId);
  }

  async indexInstance(instanceId: string, sessionId: string): Promise<void> {
    this.index.set(instanceId, sessionId);
  }

  async *openSessions(): AsyncGenerator<Session> {
    for (const session of this.records.values()) if (session.releasedAt === null) yield clone(session);
  }

  async *unsettledSessions(after: string | null): AsyncGenerator<Session> {
    const byId = [...this.records.values()].sort((a, b) => (a.sessionId < b.sessionId ? -1 : 1));
    for (const session of byId) {
      const isSettled = session.releasedAt !== null && session.costsSettledAt !== null;
      if (!isSettled && session.sessionId > (after ?? '')) yield clone(session);
    }
  }

  /** The record, which must be there. */
  record(sessionId = 'digits-1'): Session {
    const record = this.records.get(sessionId);
    if (record === undefined) throw new Error(`no record of ${sessionId}`);
    return record;
  }
}

export class MemoryObjects implements ObjectStore {
  readonly objects = new Map<string, StoredObject>();
  readonly probes = new Map<string, Probe>();
  /** Fails the next put. */
  failure: Error | undefined;

  constructor(
    private readonly clock: MemoryClock,
    private readonly bucket = 'bucket',
  ) {}

  async get(key: string, { bucket = this.bucket, maxBytes = 1e6 } = {}): Promise<StoredObject | undefined> {
    const object = this.objects.get(`s3://${bucket}/${key}`);
    return object && object.text.length <= maxBytes ? object : undefined;
  }

  async put(key: string, text: string): Promise<void> {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    this.set(`s3://${this.bucket}/${key}`, text);
  }

  set(uri: string, text: string): void {
    this.objects.set(uri, { text, writtenAt: iso(this.clock.now()) });
  }

  setJson(key: string, value: unknown): void {
    this.set(`s3://${this.bucket}/${key}`, JSON.stringify(value));
  }

  json(key: string): unknown {
    const object = this.objects.get(`s3://${this.bucket}/${key}`);
    return object && JSON.parse(object.text);
  }

  async probe(uri: string): Promise<Probe> {
    return this.probes.get(uri) ?? 'found';
  }

  /** By address, what is stored there; else nothing can be told. */
  readonly sizes = new Map<string, StoredSize>();
  async measure(uri: string): Promise<StoredSize | null> {
    return this.sizes.get(uri) ?? null;
  }

  async *list({ bucket, key: prefix }: S3Location): AsyncGenerator<{ key: string; sizeBytes: number }> {
    for (const [uri, { text }] of this.objects) {
      const location = parseS3Uri(uri);
      if (location?.bucket === bucket && location.key.startsWith(prefix)) {
        yield { key: location.key, sizeBytes: Buffer.byteLength(text) };
      }
    }
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.objects.delete(`s3://${this.bucket}/${key}`);
  }
}

type LaunchAnswer = { instances?: LaunchedInstance[]; errors?: PoolError[] };

export class MemoryFleet implements Fleet {
  readonly launches: LaunchRequest[] = [];
  readonly terminated: string[] = [];
  readonly instances = new Map<string, InstanceLook>();
  readonly impairedIds = new Set<string>();
  /** What CreateFleet answers; by default it gives all that was asked for. */
  answer: (request: LaunchRequest) => LaunchAnswer | Promise<LaunchAnswer> = () => ({});
  readonly #byToken = new Map<string, Required<LaunchAnswer>>();
  #count = 0;

  constructor(private readonly clock: MemoryClock) {}

  async launch(request: LaunchRequest): Promise<Required<LaunchAnswer>> {
    this.launches.push(clone(request));
    const known = this.#byToken.get(request.clientToken);
    if (known !== undefined) return known;
    const { errors = [], instances = errors.length > 0 ? [] : this.#instances(request) } = await this.answer(request);
    const answer = { instances, errors };
    this.#byToken.set(request.clientToken, answer);
    for (const instance of instances) this.add(instance, request);
    return answer;
  }

  #instances({ nodes, pools }: LaunchRequest): LaunchedInstance[] {
    return Array.from({ length: nodes }, () => ({
      instanceId: `i-${String(++this.#count).padStart(17, '0')}`,
      instanceType: pools[0]?.instanceType ?? 'unknown',
      zone: 'us-east-1a',
      privateAddress: `10.0.0.${this.#count}`,
      hasPublicAddress: false,
      launchedAt: iso(this.clock.now()),
    }));
  }

  add(instance: LaunchedInstance, { tags, market }: Pick<LaunchRequest, 'tags' | 'market'>): void {
    this.instances.set(instance.instanceId, {
      ...instance,
      sessionId: tags['SessionId'] ?? null,
      attempt: Number(tags['Attempt']),
      state: 'running',
      stateReason: null,
      endedAt: null,
      market,
    });
  }

  async terminate(instanceIds: readonly string[]): Promise<void> {
    this.terminated.push(...instanceIds);
    for (const id of instanceIds) this.setState(id, 'terminated');
  }

  setState(instanceId: string, state: InstanceLook['state'], stateReason: string | null = null): void {
    const instance = this.instances.get(instanceId);
    if (instance !== undefined) this.instances.set(instanceId, { ...instance, state, stateReason });
  }

  async look(sessionId?: string): Promise<InstanceLook[]> {
    return [...this.instances.values()].filter((each) => sessionId === undefined || each.sessionId === sessionId);
  }

  async find(instanceId: string): Promise<InstanceLook | undefined> {
    return this.instances.get(instanceId);
  }

  async impaired(instanceIds: readonly string[]): Promise<Set<string>> {
    return new Set(instanceIds.filter((id) => this.impairedIds.has(id)));
  }
}

export class MemoryRunCommand implements RunCommand {
  readonly offline = new Set<string>();
  readonly started: StartCommand[] = [];

  async online(instanceIds: readonly string[]): Promise<Set<string>> {
    return new Set(instanceIds.filter((id) => !this.offline.has(id)));
  }

  async start(command: StartCommand): Promise<string> {
    this.started.push(command);
    return `command-${this.started.length}`;
  }
}

export class MemoryTasks implements TaskCallback {
  readonly expired = new Set<string>();
  readonly completed: { token: string; output?: object; error?: string; cause?: string }[] = [];
  readonly heartbeats: string[] = [];

  async succeed(token: string, output: object): Promise<'done' | 'expired'> {
    if (this.expired.has(token)) return 'expired';
    this.completed.push({ token, output });
    return 'done';
  }

  async fail(token: string, error: string, cause: string): Promise<'done' | 'expired'> {
    if (this.expired.has(token)) return 'expired';
    this.completed.push({ token, error, cause });
    return 'done';
  }

  async heartbeat(token: string): Promise<'done' | 'expired'> {
    if (this.expired.has(token)) return 'expired';
    this.heartbeats.push(token);
    return 'done';
  }
}

export class MemoryExecutions implements Executions {
  readonly statuses = new Map<string, string>();
  /** Started after the list was made. */
  readonly unlisted = new Set<string>();

  async status(executionArn: string): Promise<string | undefined> {
    return this.statuses.get(executionArn);
  }

  async running(): Promise<Set<string>> {
    const running = [...this.statuses].filter(([arn, status]) => status === 'RUNNING' && !this.unlisted.has(arn));
    return new Set(running.map(([arn]) => arn));
  }
}

export class MemoryNotifier implements Notifier {
  readonly published: Notification[] = [];
  /** Fails the next publish. */
  failure: Error | undefined;
  async publish(notification: Notification): Promise<void> {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    this.published.push(notification);
  }
}

export class MemoryLock implements Lock {
  holder: string | undefined;
  async acquire(_name: string, holder: string): Promise<boolean> {
    if (this.holder !== undefined) return false;
    this.holder = holder;
    return true;
  }
  async release(_name: string, holder: string): Promise<void> {
    if (this.holder === holder) this.holder = undefined;
  }
}

/** Half of the on-demand price on spot; null for what is not listed. */
export class MemoryPrices implements Prices {
  /** By pool. */
  readonly histories = new Map<string, PricePoint[]>();
  constructor(
    private readonly clock: MemoryClock,
    readonly onDemandUsd: Record<string, number> = { 'g5.xlarge': 1, 'm5.large': 0.1 },
  ) {}
  async spot(instanceType: string): Promise<number | null> {
    return this.lowestSpot(instanceType);
  }
  async lowestSpot(instanceType: string): Promise<number | null> {
    const price = this.onDemandUsd[instanceType];
    return price === undefined ? null : price / 2;
  }
  async onDemand(instanceType: string): Promise<number | null> {
    return this.onDemandUsd[instanceType] ?? null;
  }
  async spotHistory(instanceType: string, zone: string): Promise<PriceHistory | null> {
    const points = this.histories.get(poolOf({ instanceType, zone }));
    return points === undefined ? null : { points, until: iso(this.clock.now()) };
  }
  async volumeUsdPerGibMonth(): Promise<number | null> {
    return 0.08;
  }
}

export class MemoryQuotas implements Quotas {
  readonly values = new Map<string, number>();
  async value(quotaCode: string): Promise<number | null> {
    return this.values.get(quotaCode) ?? null;
  }
}

const type = (instanceType: string, vcpus: number, gpus: number, arm = false): InstanceTypeInfo => ({
  instanceType,
  architectures: [arm ? 'arm64' : 'x86_64'],
  vcpus,
  memoryMiB: vcpus * 4096,
  gpus,
  isSpotOffered: true,
});

export class MemoryCatalog implements Catalog {
  types = [type('g5.xlarge', 4, 1), type('g5.2xlarge', 8, 1), type('m5.large', 2, 0), type('m7g.large', 2, 0, true)];
  images = new Map<string, MachineImage>([['ami-0123456789abcdef0', image('ami-0123456789abcdef0')]]);

  async instanceTypes(names: readonly string[]): Promise<InstanceTypeInfo[]> {
    return this.types.filter(({ instanceType }) => names.includes(instanceType));
  }
  async allInstanceTypeNames(): Promise<string[]> {
    return this.types.map(({ instanceType }) => instanceType);
  }
  async image(amiId: string): Promise<MachineImage | undefined> {
    return this.images.get(amiId);
  }
  async hasPlacementGroup(name: string): Promise<boolean> {
    return name === 'near';
  }
  async imageByParameter(parameterName: string): Promise<MachineImage | undefined> {
    const architecture = parameterName.includes('arm64') ? 'arm64' : 'x86_64';
    const isGpu = parameterName.includes('nvidia');
    return {
      ...image(`ami-0000000${isGpu ? 'a' : 'b'}`),
      architecture,
      rootDeviceName: isGpu ? '/dev/sda1' : '/dev/xvda',
      rootSizeGiB: isGpu ? 75 : 8,
    };
  }
}

function image(amiId: string): MachineImage {
  return { amiId, architecture: 'x86_64', rootDeviceName: '/dev/xvda', rootSizeGiB: 8, isAvailable: true };
}

export interface LogLine {
  level: 'info' | 'warn' | 'error';
  message: string;
  fields: Record<string, unknown>;
}

export class MemoryLog {
  readonly lines: LogLine[] = [];
  info(message: string, fields: Record<string, unknown>): void {
    this.lines.push({ level: 'info', message, fields });
  }
  warn(message: string, fields: Record<string, unknown>): void {
    this.lines.push({ level: 'warn', message, fields });
  }
  error(message: string, fields: Record<string, unknown>): void {
    this.lines.push({ level: 'error', message, fields });
  }
}

type Measurement = [metric: string, value: number, dimensions?: Record<string, string>];

export class MemoryReplacements implements Replacements {
  readonly prepared: { sessionId: string; attempt: number }[] = [];
  async prepare(which: { sessionId: string; attempt: number }): Promise<void> {
    this.prepared.push(which);
  }
}

/** All of them, around one clock, with these sessions on record. */
export function memoryPorts(...sessions: Session[]) {
  const clock = new MemoryClock();
  const counted: string[] = [];
  const measured: Measurement[] = [];
  return {
    clock,
    sessions: new MemorySessions(...sessions),
    objects: new MemoryObjects(clock),
    fleet: new MemoryFleet(clock),
    runCommand: new MemoryRunCommand(),
    pause: async (durationMs: number) => clock.pass(durationMs),
    presence: new MemoryRunCommand(),
    tasks: new MemoryTasks(),
    executions: new MemoryExecutions(),
    replacements: new MemoryReplacements(),
    notifier: new MemoryNotifier(),
    lock: new MemoryLock(),
    ledger: new MemoryLedger(),
    marks: new MemoryAlertMarks(clock),
    cursors: new MemoryCursors(),
    budgets: budgetsSchema.parse({}),
    deadlineMs: Number.POSITIVE_INFINITY,
    measured,
    measure: (...measurement: Measurement) => void measured.push(measurement),
    prices: new MemoryPrices(clock),
    quotas: new MemoryQuotas(),
    catalog: new MemoryCatalog(),
    log: new MemoryLog(),
    bucket: 'bucket',
    resultPlaces: ['bucket/results/', 'shared/team/'],
    imageRepositories: ['123456789012.dkr.ecr.us-east-1.amazonaws.com/team/*'],
    region: 'us-east-1',
    nodeRoleId: 'AROANODE',
    assignsPublicAddress: true,
    subnetIds: ['subnet-a', 'subnet-b'],
    defaultTags: { CostCenter: 'ml' },
    holder: 'pass-1',
    counted,
    count: (metric: string) => void counted.push(metric),
  };
}

export type MemoryPorts = ReturnType<typeof memoryPorts>;
