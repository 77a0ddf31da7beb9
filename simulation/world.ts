/**
 * One world: a cloud, its users, and everything that can go wrong. The same seed makes the same world, event by event.
 */
import { type Budget, type Budgets, budgetsOf } from '../core/costs/budgets';
import type { Session } from '../core/session/session';
import { CREATED_BY } from '../core/tags';
import type { AwsEvent } from '../local/service';
import type { Ec2Service } from '../local/services/ec2/create-ec2';
import type { Assembly } from '../local/template/assembly';
import type { LoadedStack } from '../local/template/load-template';
import { Bill } from './bill';
import type { Programs } from './bundles/programs';
import { type Cloud, createCloud } from './cloud';
import { befall } from './faults/misfortunes';
import { Outages } from './faults/outages';
import { changePrices } from './faults/prices';
import type { FaultProfile } from './faults/profile';
import type { ModelHosts } from './hosts/model-hosts';
import type { Entry, Happening } from './observer';
import { Random } from './random';
import { makeBudgets, makeScenario, type SessionScenario } from './scenario';
import type { MemoryS3 } from './services/memory-s3';
import { SimulatedClock } from './simulated-clock';
import { Users } from './users';

export interface WorldOptions {
  seed: string;
  sessions: number;
  faults: FaultProfile;
  assembly: Assembly;
  programs: Programs;
  onHappening: (entry: Entry) => void;
}

/** In some worlds the daily report comes meanwhile, in some the month ends. */
const BEGINNINGS_MS = [Date.UTC(2026, 0, 5, 8), Date.UTC(2026, 0, 5, 5, 20), Date.UTC(2026, 0, 31, 23, 20)];
const LIVE: readonly string[] = ['pending', 'running', 'stopping', 'stopped'];

export class World {
  readonly clock: SimulatedClock;
  readonly #random: Random;
  readonly scenarios: ReadonlyMap<string, SessionScenario>;
  readonly sessions = new Map<string, Session>();
  readonly executions = new Map<string, string>();
  readonly outages: Outages;
  readonly #budgets: Budgets;
  readonly #options: WorldOptions;
  readonly #cloud: Cloud;
  readonly #users: Users;
  readonly bill: Bill;
  readonly #sessionOf = new Map<string, string>();
  readonly #spot = new Set<string>();
  readonly #published = new Map<string, readonly string[]>();
  readonly #alerts = new Map<string, readonly string[]>();
  /** Instances of others in the same account. */
  readonly foreign = new Set<string>();
  #stack: LoadedStack | undefined;

  constructor(options: WorldOptions) {
    this.#options = options;
    const { faults, programs, assembly } = options;
    const random = new Random(options.seed);
    this.#random = random;
    this.clock = new SimulatedClock(random.fork('beginning').pick(BEGINNINGS_MS));
    const { clock } = this;
    const users = random.fork('users');
    const scenarios = Array.from({ length: options.sessions }, (_, index) => makeScenario(users, index, faults));
    this.scenarios = new Map(scenarios.map((scenario) => [scenario.sessionId, scenario]));
    const tell = (happening: Happening) => this.tell(happening);
    this.outages = new Outages({ ...{ clock, tell }, random: random.fork('outages'), faults: faults.outages });
    this.#budgets = makeBudgets(random.fork('budgets'), faults);
    this.#cloud = createCloud({
      ...{ clock, random, faults, programs, assembly, outages: this.outages, budgets: this.#budgets, tell },
      scriptOf: (sessionId) => this.#scenario(sessionId).script,
      onRequest: (call, outcome, error) => this.#onRequest({ kind: 'request', call, outcome, error }),
      befall: (fate, instanceId) => befall(this, fate, instanceId),
    });
    this.bill = new Bill(
      () => this.ec2,
      () => this.nowMs,
    );
    this.#users = new Users({ clock, tell, sessionIds: [...this.scenarios.keys()], cloud: this.#cloud });
    this.#cloud.s3.onChange((bucket, key, object) =>
      tell({ kind: 'object', bucket, key, text: object?.body.toString() }),
    );
    this.#cloud.dynamodb.onWrite((item, before) => this.#onWrite(item, before));
  }

  get ec2(): Ec2Service {
    return this.#cloud.ec2;
  }

  get hosts(): ModelHosts {
    return this.#cloud.hosts;
  }

  get s3(): MemoryS3 {
    return this.#cloud.s3;
  }

  get nowMs(): number {
    return this.clock.now();
  }

  get sinceBeginningMs(): number {
    return this.clock.now() - this.clock.startedAtMs;
  }

  tell(happening: Happening): void {
    if (happening.kind === 'event') this.#follow(happening.event);
    this.#options.onHappening({ atMs: this.sinceBeginningMs, happening });
  }

  sessionOf(instanceId: string): string | undefined {
    return this.#sessionOf.get(instanceId);
  }

  /** Deploys the stack and lets the users come. */
  async begin(): Promise<void> {
    this.#stack = await this.#cloud.deploy();
    for (const instanceId of await this.#users.launchOthers()) this.foreign.add(instanceId);
    this.outages.begin();
    changePrices(this.#options.faults.prices, {
      clock: this.clock,
      ec2: this.ec2,
      random: this.#random.fork('prices'),
    });
    for (const scenario of this.scenarios.values()) {
      this.clock.schedule(scenario.startsAfterMs, () => this.#submit(scenario));
    }
  }

  /** Everything that an event set off has come to rest: services, functions and agents wait for the clock alone. */
  static settled(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Whether every session has come to its end, and nothing of it is left. */
  get isOver(): boolean {
    for (const sessionId of this.scenarios.keys()) {
      const status = this.executions.get(sessionId);
      if (status === undefined || status === 'RUNNING') return false;
      const session = this.sessions.get(sessionId);
      if (session !== undefined && (session.releasedAt === null || session.costsSettledAt === null)) return false;
    }
    return this.ec2
      .instances()
      .every(({ instanceId, state }) => this.foreign.has(instanceId) || state === 'terminated');
  }

  /** Of a session, as EC2 sees it: what is not yet on its way out. */
  liveInstances(sessionId: string): string[] {
    return this.ec2
      .instances()
      .filter(({ instanceId, state }) => this.sessionOf(instanceId) === sessionId && LIVE.includes(state))
      .map(({ instanceId }) => instanceId);
  }

  instancesOf(sessionIds: readonly string[]): string[] {
    return [...this.#sessionOf].filter(([, sessionId]) => sessionIds.includes(sessionId)).map(([id]) => id);
  }

  /** Whether EC2 took the launch back while it was pending. */
  wasDoomed(instanceId: string): boolean {
    return this.#cloud.launches.doomed.has(instanceId);
  }

  /** Whether no answer of EC2's ever named it. */
  isLeftOut(instanceId: string): boolean {
    return this.#cloud.launches.leftOut.has(instanceId);
  }

  /** The launch call that an instance came of. */
  fleetOf(instanceId: string): string | undefined {
    return this.#cloud.launches.fleets.get(instanceId);
  }

  wasAborted(sessionId: string): boolean {
    return this.executions.get(sessionId) === 'ABORTED';
  }

  wasStoppedNow(sessionId: string): boolean {
    return this.scenarios.get(sessionId)?.wish?.kind === 'stopNow';
  }

  neverRegisters(instanceId: string): boolean {
    return this.hosts.get(instanceId)?.registers === false;
  }

  /** Whether the results of a session lie below its folder. */
  hasResults(resultsUri: string): boolean {
    const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(resultsUri) ?? [];
    return [...this.s3.objects(bucket).keys()].some((key) => key.startsWith(prefix) && key.endsWith('/model.pt'));
  }

  /** The stack's budgets that a session is under. */
  budgetsOf(sessionId: string): Budget[] {
    const { owner = '', project = '' } = this.scenarios.get(sessionId)?.job ?? {};
    return budgetsOf(this.#budgets, { owner, project });
  }

  wasSpot(instanceId: string): boolean {
    return this.#spot.has(instanceId);
  }

  /** What this invocation has told, by alert. */
  alertsOf(requestId: string): readonly string[] {
    return this.#alerts.get(requestId.slice(0, 8)) ?? [];
  }

  /** The sessions of whose end this invocation has published. */
  publishedBy(requestId: string): readonly string[] {
    return this.#published.get(requestId.slice(0, 8)) ?? [];
  }

  output(name: string): string {
    return this.#stack?.outputs[name] ?? '';
  }

  #submit(scenario: SessionScenario): void {
    this.executions.set(scenario.sessionId, 'RUNNING');
    this.#users.submit(scenario, this.output('StateMachineArn'));
  }

  #scenario(sessionId: string): SessionScenario {
    const scenario = this.scenarios.get(sessionId);
    if (scenario === undefined) throw new Error(`There is no session ${sessionId}.`);
    return scenario;
  }

  #onRequest(happening: Happening & { kind: 'request' }): void {
    const { call, outcome } = happening;
    this.tell(happening);
    if (call.serviceId !== 'sns' || call.operation !== 'Publish' || outcome === 'refused') return;
    const { MessageAttributes } = call.input as { MessageAttributes: Record<string, { StringValue: string }> };
    const value = (name: string) => MessageAttributes[name]?.StringValue ?? '';
    const requestId = call.by.split('#')[1] ?? '';
    this.#alerts.set(requestId, [...(this.#alerts.get(requestId) ?? []), value('alertId')]);
    this.#published.set(requestId, [...(this.#published.get(requestId) ?? []), value('sessionId')]);
    this.tell({
      kind: 'published',
      sessionId: value('sessionId'),
      alertId: value('alertId'),
      isKnown: outcome === 'done',
    });
  }

  #onWrite(item: Readonly<Record<string, unknown>>, before: Readonly<Record<string, unknown>> | undefined): void {
    const session = item['record'] as Session | undefined;
    if (session === undefined) return;
    this.sessions.set(session.sessionId, session);
    this.tell({ kind: 'record', session, before: before?.['record'] as Session | undefined });
  }

  #follow({ source, detail }: AwsEvent): void {
    const facts = detail as Record<string, string>;
    if (source === 'aws.states' && facts['name'] !== undefined) {
      this.executions.set(facts['name'], facts['status'] ?? '');
    }
    const instanceId = facts['instance-id'];
    if (source === 'aws.ec2' && instanceId !== undefined) this.bill.follow(instanceId, facts['state']);
    if (source !== 'aws.ec2' || instanceId === undefined || this.#sessionOf.has(instanceId)) return;
    const instance = this.ec2.instances().find((each) => each.instanceId === instanceId);
    if (instance?.spec.market === 'spot') this.#spot.add(instanceId);
    const tags = instance?.spec.tags.get('instance');
    const sessionId = tags?.get('CreatedBy') === CREATED_BY ? tags.get('SessionId') : undefined;
    if (sessionId !== undefined) this.#sessionOf.set(instanceId, sessionId);
  }
}
