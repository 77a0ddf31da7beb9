/** An instance for tests: a folder, a fake IMDS, a store in memory, and the agent with short intervals. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Imds } from '../../agent/adapters/imds';
import { systemClock } from '../../agent/adapters/system-clock';
import type { AgentConfig, AgentPorts, Intervals } from '../../agent/context';
import { processesOf, signalAll } from '../../agent/process-table';
import { runAgent } from '../../agent/run';
import { StopLatch } from '../../agent/stop-latch';
import { trainingMarker } from '../../agent/training-environment';
import { type JobSpecInput, jobSpecSchema } from '../../core/job/job-spec';
import type { Lease, Order } from '../../core/node/lease';
import type { FinalStatus, NodeStatus } from '../../core/node/node-status';
import type { Plan } from '../../core/plan/plan';
import { finalKey, leaseKey, planKey, statusKey } from '../../core/s3-layout';
import { MemoryStore } from './memory-store';

export const BUCKET = 'stack-bucket';
export const FIXTURES = join(__dirname, 'fixtures');

export const SHORT: Intervals = {
  noticePoll: 20,
  leasePoll: 20,
  heartbeat: 50,
  checkpointPoll: 30,
  hastyCheckpointPoll: 10,
  logPoll: 10,
  logUpload: 50,
  noticeToPowerOff: 50,
  noticeToPeersTold: 20_000,
};

export const ORDER: Order = {
  go: true,
  desired: 'run',
  reason: null,
  immediate: false,
  stopAt: null,
  stopAtReason: null,
  resumeCandidates: [],
  nodes: [{ instanceId: 'i-0a', privateAddress: '10.0.0.1' }],
};

export class FakeImds {
  readonly documents = new Map<string, string>([['meta-data/instance-type', 'm5.large']]);
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const path = (request.url ?? '').replace(/^\/latest\//, '');
      if (path === 'api/token' && request.method === 'PUT') return void response.end('token');
      if (request.headers['x-aws-ec2-metadata-token'] !== 'token') return void response.writeHead(401).end();
      const document = this.documents.get(path);
      return document === undefined ? void response.writeHead(404).end() : void response.end(document);
    });
  }

  static async start(): Promise<FakeImds> {
    const imds = new FakeImds();
    await new Promise<void>((resolve) => imds.#server.listen(0, '127.0.0.1', resolve));
    return imds;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The two-minute warning. */
  interrupt(inMs = 120_000): void {
    const time = new Date(Date.now() + inMs).toISOString();
    this.documents.set('meta-data/spot/instance-action', JSON.stringify({ action: 'terminate', time }));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

export interface MachineOptions {
  intervals?: Partial<Intervals>;
  job?: Partial<JobSpecInput>;
  attempt?: number;
  userId?: string;
  store?: MemoryStore;
  order?: Partial<Order>;
}

let machines = 0;

export class Machine {
  readonly home = mkdtempSync(join(tmpdir(), 'runctl-agent-'));
  readonly store: MemoryStore;
  readonly attempt: number;
  readonly userId: string;
  readonly sessionId: string;
  readonly lines: string[] = [];
  readonly leave = new AbortController();
  latch = new StopLatch(systemClock, (line) => this.lines.push(line));
  poweredOff = 0;
  user: AgentConfig['user'];
  readonly #intervals: Partial<Intervals>;
  #running: Promise<void> = Promise.resolve();

  private constructor(
    readonly imds: FakeImds,
    { job, attempt = 1, userId = 'AROA1:i-0a', store = new MemoryStore(), order = {}, intervals = {} }: MachineOptions,
  ) {
    this.#intervals = intervals;
    machines += 1;
    this.store = store;
    this.attempt = attempt;
    this.userId = userId;
    // Another machine of the same test runs the same session.
    this.sessionId = store.keys(`${BUCKET}/sessions/`)[0]?.split('/')[2] ?? `s-${process.pid}-${machines}`;
    const plan: Plan = {
      version: 1,
      sessionId: this.sessionId,
      plannedAt: new Date(0).toISOString(),
      bucket: BUCKET,
      resultsUri: `s3://${BUCKET}/results/${this.sessionId}/`,
      job: jobSpecSchema.parse({ name: 'test', command: this.command(), ...job }),
      instanceTypes: [
        {
          instanceType: 'm5.large',
          architecture: 'x86_64',
          vcpus: 2,
          memoryMiB: 8192,
          gpus: 0,
          amiId: 'ami-1',
          rootDeviceName: '/dev/xvda',
          volumeGiB: 20,
          spotUsdPerHour: null,
          onDemandUsdPerHour: null,
        },
      ],
    };
    this.store.put(`${BUCKET}/${planKey(this.sessionId)}`, JSON.stringify(plan));
    this.order(order);
  }

  static async boot(options: MachineOptions = {}): Promise<Machine> {
    return new Machine(await FakeImds.start(), options);
  }

  /** Training fixture with arguments. */
  command(args = ''): string {
    return `python3 ${join(FIXTURES, 'train.py')} ${args}`;
  }

  order(change: Partial<Order>, leaseMinutes = 30): void {
    this.lease({ [this.attempt]: { ...ORDER, ...change } }, leaseMinutes);
  }

  lease(orders: Lease['orders'], leaseMinutes = 30): void {
    const lease: Lease = { version: 1, sessionId: this.sessionId, renewedAt: 'now', leaseMinutes, orders };
    this.store.put(`${BUCKET}/${leaseKey(this.sessionId)}`, JSON.stringify(lease));
  }

  start(ports: Partial<AgentPorts> = {}): this {
    const config: AgentConfig = {
      sessionId: this.sessionId,
      attempt: this.attempt,
      bucket: BUCKET,
      region: 'eu-west-1',
      home: this.home,
      user: this.user,
      intervals: { ...SHORT, ...this.#intervals },
    };
    this.#running = runAgent(
      config,
      {
        clock: systemClock,
        log: (line) => this.lines.push(line),
        store: this.store,
        metadata: new Imds(this.imds.endpoint),
        identify: async () => this.userId,
        readSecret: async (reference) => `value-of-${reference}`,
        freeBytes: async () => 2 ** 40,
        openLogCopy: () => undefined,
        allowMetadata: async (uid) => void this.lines.push(`metadata is open to ${uid}`),
        runTool: async (program) => {
          throw new Error(`${program} is not on this machine`);
        },
        ecrPassword: async (region) => `password-of-${region}`,
        powerOff: async () => {
          this.poweredOff += 1;
          this.leave.abort();
        },
        ...ports,
      },
      this.latch,
      this.leave.signal,
    );
    this.#running.catch(() => undefined);
    return this;
  }

  status(): NodeStatus | undefined {
    return this.store.json<NodeStatus>(`${BUCKET}/${statusKey(this.userId)}`);
  }

  final(): FinalStatus | undefined {
    return this.store.json<FinalStatus>(`${BUCKET}/${finalKey(this.userId)}`);
  }

  /** Until the node's last word and power off. */
  async ended(): Promise<FinalStatus> {
    await this.#running;
    const final = this.final();
    if (!final) throw new Error(`no final status; log:\n${this.lines.join('\n')}`);
    return final;
  }

  untilStep(step: number): Promise<NodeStatus> {
    return this.store.until(() => {
      const status = this.status();
      return (status?.progress.step ?? -1) >= step && status;
    });
  }

  results(): string[] {
    const prefix = `${BUCKET}/results/${this.sessionId}/`;
    return this.store.keys(prefix).map((key) => key.slice(prefix.length));
  }

  trainingLog(): string {
    return readFileSync(join(this.home, 'logs', 'train.log'), 'utf8');
  }

  training() {
    return processesOf({ marker: trainingMarker(this.sessionId, this.userId) });
  }

  shutDown(): void {
    this.leave.abort();
    signalAll(this.training(), 'SIGKILL');
    this.imds.close();
    rmSync(this.home, { recursive: true, force: true });
  }
}
