/**
 * One world: the synthesized stack on the local cloud's services, with simulated time, functions and machines, and with
 * everything that can go wrong. The same seed makes the same world, event by event.
 */
import type { Session } from '../core/session';
import { CREATED_BY } from '../core/tags';
import { createDispatch } from '../local/gateway/dispatch';
import { createIdentities } from '../local/identities';
import type { AwsEvent, CallContext, Dispatch, EmitEvent, Service } from '../local/service';
import { createCloudwatch } from '../local/services/cloudwatch';
import { OPEN_ACCESS } from '../local/services/ec2/access';
import { createEc2, type Ec2Service } from '../local/services/ec2/create-ec2';
import { createEvents } from '../local/services/events/events';
import { createLambdaService } from '../local/services/lambda/lambda-service';
import { createLogs } from '../local/services/logs/logs';
import { createPricing } from '../local/services/pricing';
import { createServiceQuotas } from '../local/services/service-quotas';
import { createSns } from '../local/services/sns/sns';
import { createSqs } from '../local/services/sqs/sqs';
import { createSsm } from '../local/services/ssm/create-ssm';
import { createStatesService } from '../local/services/states';
import type { Assembly } from '../local/template/assembly';
import { createIamRegistry } from '../local/template/iam-registry';
import { type LoadedStack, loadTemplate } from '../local/template/load-template';
import { Api } from './api';
import type { Programs } from './bundles/programs';
import { eventFate } from './faults/event-fate';
import { refuseLaunches } from './faults/launches';
import { Outages } from './faults/outages';
import type { FaultProfile } from './faults/profile';
import { SimulatedFunction } from './functions/simulated-function';
import { type Fate, ModelHosts } from './hosts/model-hosts';
import type { Entry, Happening } from './observer';
import { Random } from './random';
import { makeScenario, type SessionScenario } from './scenario';
import { createMemoryDynamodb } from './services/memory-dynamodb';
import { createMemoryS3, type MemoryS3 } from './services/memory-s3';
import { SimulatedClock } from './simulated-clock';

export interface WorldOptions {
  seed: string;
  sessions: number;
  faults: FaultProfile;
  assembly: Assembly;
  programs: Programs;
  onHappening: (entry: Entry) => void;
}

const ACCOUNT_ID = '000000000000';
const REGION = 'us-east-1';
/** Any date would do. */
const BEGINS_AT_MS = Date.UTC(2026, 0, 5, 8);
const MINUTE_MS = 60_000;
const LIVE: readonly string[] = ['pending', 'running', 'stopping', 'stopped'];

export class World {
  readonly clock = new SimulatedClock(BEGINS_AT_MS);
  readonly random: Random;
  readonly scenarios: ReadonlyMap<string, SessionScenario>;
  readonly sessions = new Map<string, Session>();
  readonly executions = new Map<string, string>();
  readonly s3: MemoryS3;
  readonly ec2: Ec2Service;
  readonly hosts: ModelHosts;
  readonly outages: Outages;
  readonly #options: WorldOptions;
  readonly #dispatch: Dispatch;
  readonly #api: Api;
  readonly #contextFor: (roleName: string, sessionName: string) => CallContext;
  readonly #load: () => Promise<LoadedStack>;
  readonly #sessionOf = new Map<string, string>();
  readonly #spot = new Set<string>();
  readonly #published = new Map<string, readonly string[]>();
  /** Instances of others in the same account. */
  readonly foreign = new Set<string>();
  #stack: LoadedStack | undefined;
  #launchFault: ReturnType<typeof refuseLaunches>;

  constructor(options: WorldOptions) {
    this.#options = options;
    const { clock } = this;
    const random = new Random(options.seed);
    this.random = random;
    const { faults, programs } = options;
    const users = random.fork('users');
    const scenarios = Array.from({ length: options.sessions }, (_, index) => makeScenario(users, index, faults));
    this.scenarios = new Map(scenarios.map((scenario) => [scenario.sessionId, scenario]));
    const ids = random.fork('ids');
    const newId = () => ids.uuid();
    const place = { clock, newId, accountId: ACCOUNT_ID, region: REGION };
    const identities = createIdentities(place);
    const iam = createIamRegistry();
    const callers = new Map<string, CallContext>();
    const contextFor = (roleName: string, sessionName: string): CallContext => {
      const name = `${roleName}/${sessionName}`;
      let context = callers.get(name);
      if (context === undefined) {
        const caller = identities.callerForRole(roleName, sessionName);
        context = { caller, accountId: ACCOUNT_ID, region: REGION, requestId: newId() };
        callers.set(name, context);
      }
      return context;
    };
    this.#contextFor = contextFor;
    let dispatchToAll: Dispatch;
    let emitToBus: EmitEvent;
    const dispatch: Dispatch = (...call) => dispatchToAll(...call);
    this.#dispatch = dispatch;
    const emitEvent: EmitEvent = (event) => {
      this.tell({ kind: 'event', event });
      emitToBus(event);
    };
    this.outages = new Outages({
      clock,
      random: random.fork('outages'),
      faults: faults.outages,
      tell: (h) => this.tell(h),
    });
    this.#api = new Api({
      ...{ clock, dispatch, faults: faults.api },
      random: random.fork('api'),
      isDown: (serviceId) => this.outages.isDown(serviceId),
      onRequest: (call, outcome, error) => this.#onRequest({ kind: 'request', call, outcome, error }),
    });
    const log = () => {};
    // Who may do what is tested elsewhere; here everybody may.
    const guard = () => {};
    const functions = random.fork('functions');
    const lambda = createLambdaService({ ...place, dispatch, contextForRole: contextFor, guard, log }, (definition) => {
      return new SimulatedFunction(definition, {
        ...{ clock, api: this.#api, faults: faults.functions, region: REGION, contextForRole: contextFor },
        program: programs.functions,
        shared: programs.shared,
        random: functions,
        isDown: () => this.outages.isDown('lambda'),
        print: (line) => this.tell({ kind: 'printed', line }),
        onInvocation: (name, requestId, event, outcome) =>
          this.tell({ kind: 'invocation', name, requestId, event, outcome }),
      });
    });
    programs.printTo(
      (line) => this.tell({ kind: 'printed', line }),
      () => clock.now(),
    );
    const deliveryFaults = eventFate(random.fork('events'), faults.events, {
      isSilent: () => this.outages.isDown('events'),
      tell: (h) => this.tell(h),
    });
    const messaging = { ...place, dispatch, contextForRole: contextFor, guard, invokeAsync: lambda.invokeAsync, log };
    const events = createEvents({ ...messaging, deliveryFaults });
    emitToBus = events.emit;
    this.s3 = createMemoryS3({ clock, emitEvent });
    this.s3.onChange((bucket, key, object) =>
      this.tell({ kind: 'object', bucket, key, text: object?.body.toString() }),
    );
    const dynamodb = createMemoryDynamodb();
    dynamodb.onWrite((item, before) => this.#onWrite(item, before));
    this.hosts = new ModelHosts({
      ...{ clock, faults, api: this.#api, shared: programs.shared },
      agentProgram: programs.agent,
      random: random.fork('hosts'),
      scriptOf: (sessionId) => this.#scenario(sessionId).script,
      identityOf: ({ instanceId, instanceProfileArn = '' }) => {
        const roleName = iam.instanceProfiles.get(instanceProfileArn.split('/').at(-1) ?? '')?.roleName ?? '';
        return {
          userId: `${identities.roleId(roleName)}:${instanceId}`,
          context: () => contextFor(roleName, instanceId),
        };
      },
      onTraining: (change) => this.tell({ kind: 'training', change }),
      onLog: (instanceId, line) => this.tell({ kind: 'agent', instanceId, line }),
      onTrouble: (instanceId, what) => this.tell({ kind: 'trouble', instanceId, what }),
      befall: (fate, instanceId) => this.#befall(fate, instanceId),
    });
    this.ec2 = createEc2({ ...place, emitEvent, access: OPEN_ACCESS, random: () => random.next(), hosts: this.hosts });
    // Quotas are a fault of its own.
    for (const code of ['L-1216C47A', 'L-34B43A08']) this.ec2.setQuota(code, 100_000);
    this.#launchFault = refuseLaunches(this.ec2, random.fork('launches'), faults.launches);
    const nodes = () =>
      this.ec2.instances().map((node) => {
        const isLost = this.hosts.get(node.instanceId)?.isReachable === false;
        return isLost && node.vanishedAtMs === undefined ? { ...node, vanishedAtMs: 0 } : node;
      });
    const states = createStatesService({
      ...{ ...place, dispatch, emitEvent, contextForRole: contextFor, guard },
      random: () => functions.next(),
      invokeFunction: lambda.invokeFunction,
    });
    const ec2: Service = { id: 'ec2', operations: this.#launchFault.operations };
    const services: Service[] = [
      lambda,
      events,
      this.s3.service,
      dynamodb.service,
      ec2,
      createSsm({ ...place, emitEvent, nodes }),
      createSns(messaging),
      states,
      createSqs({ ...place, endpoint: () => 'https://sqs.invalid' }),
      createLogs(place),
      createServiceQuotas({ accountId: ACCOUNT_ID, region: REGION, quotas: this.ec2 }),
      createPricing(),
      createCloudwatch({ clock }),
    ];
    dispatchToAll = createDispatch(services, guard);
    this.#load = () =>
      loadTemplate(options.assembly, {
        services: { dispatch, lambda, s3: this.s3, dynamodb, ec2: this.ec2, iam, roleId: identities.roleId },
        call: contextFor('cloudformation', options.assembly.stackName),
        scratchDir: '/nowhere',
      });
  }

  get nowMs(): number {
    return this.clock.now();
  }

  get sinceBeginningMs(): number {
    return this.clock.now() - BEGINS_AT_MS;
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
    this.#stack = await this.#load();
    await this.#launchForeign();
    this.outages.begin();
    for (const scenario of this.scenarios.values()) {
      this.clock.schedule(scenario.startsAfterMs, () => this.#submit(scenario));
    }
  }

  /** Machines of others in the same account, one of them with tags much like ours. */
  async #launchForeign(): Promise<void> {
    const asUser = this.#contextFor('user', 'user');
    const { Images } = (await this.#dispatch('ec2', 'DescribeImages', { Owners: ['amazon'] }, asUser)) as {
      Images: { ImageId: string }[];
    };
    const [image] = Images;
    const [SessionId = ''] = this.scenarios.keys();
    const much = [
      { Key: 'CreatedBy', Value: 'somebody' },
      { Key: 'SessionId', Value: SessionId },
    ];
    for (const Tags of [[], much]) {
      const TagSpecifications = Tags.length > 0 ? [{ ResourceType: 'instance', Tags }] : [];
      const kind = { ImageId: image?.ImageId, InstanceType: 'm5.large', MinCount: 1, MaxCount: 1 };
      const answer = await this.#dispatch('ec2', 'RunInstances', { ...kind, TagSpecifications }, asUser);
      const { Instances } = answer as { Instances: { InstanceId: string }[] };
      for (const { InstanceId } of Instances) this.foreign.add(InstanceId);
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
      if (session !== undefined && session.releasedAt === null) return false;
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
    return this.#launchFault.doomed.has(instanceId);
  }

  /** The launch call that an instance came of. */
  fleetOf(instanceId: string): string | undefined {
    return this.#launchFault.fleets.get(instanceId);
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

  wasSpot(instanceId: string): boolean {
    return this.#spot.has(instanceId);
  }

  /** The sessions of whose end this invocation has published. */
  publishedBy(requestId: string): readonly string[] {
    return this.#published.get(requestId.slice(0, 8)) ?? [];
  }

  output(name: string): string {
    return this.#stack?.outputs[name] ?? '';
  }

  #scenario(sessionId: string): SessionScenario {
    const scenario = this.scenarios.get(sessionId);
    if (scenario === undefined) throw new Error(`There is no session ${sessionId}.`);
    return scenario;
  }

  #submit({ sessionId, job, wish }: SessionScenario): void {
    this.tell({ kind: 'wish', wish: 'submit', sessionId });
    const input = { stateMachineArn: this.output('StateMachineArn'), name: sessionId, input: JSON.stringify(job) };
    this.executions.set(sessionId, 'RUNNING');
    this.#asUser('states', 'StartExecution', input);
    if (wish === undefined) return;
    this.clock.schedule(wish.afterMs, () => {
      this.tell({ kind: 'wish', wish: wish.kind, sessionId });
      if (wish.kind === 'abort') {
        const executionArn = `${this.output('StateMachineArn').replace(':stateMachine:', ':execution:')}:${sessionId}`;
        return this.#asUser('states', 'StopExecution', { executionArn });
      }
      const Detail = JSON.stringify({ sessionId, now: wish.kind === 'stopNow' });
      this.#asUser('events', 'PutEvents', { Entries: [{ Source: 'runctl', DetailType: 'Stop Requested', Detail }] });
    });
  }

  #asUser(serviceId: string, operation: string, input: object): void {
    this.#dispatch(serviceId, operation, input, this.#contextFor('user', 'user')).catch((error: unknown) => {
      // A stop that comes too late.
      if (!(error instanceof Error && error.name === 'ExecutionDoesNotExist')) throw error;
    });
  }

  #onRequest(happening: Happening & { kind: 'request' }): void {
    const { call, outcome } = happening;
    this.tell(happening);
    if (call.serviceId !== 'sns' || call.operation !== 'Publish' || outcome === 'refused') return;
    const { MessageAttributes } = call.input as { MessageAttributes: Record<string, { StringValue: string }> };
    const value = (name: string) => MessageAttributes[name]?.StringValue ?? '';
    const requestId = call.by.split('#')[1] ?? '';
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
    if (source !== 'aws.ec2' || instanceId === undefined || this.#sessionOf.has(instanceId)) return;
    const instance = this.ec2.instances().find((each) => each.instanceId === instanceId);
    if (instance?.spec.market === 'spot') this.#spot.add(instanceId);
    const tags = instance?.spec.tags.get('instance');
    const sessionId = tags?.get('CreatedBy') === CREATED_BY ? tags.get('SessionId') : undefined;
    if (sessionId !== undefined) this.#sessionOf.set(instanceId, sessionId);
  }

  #befall(fate: Fate, instanceId: string): unknown {
    const instance = this.ec2.instances().find((each) => each.instanceId === instanceId);
    if (instance === undefined || !['pending', 'running'].includes(instance.state)) return undefined;
    const isSpot = instance.spec.market === 'spot';
    this.tell({ kind: 'misfortune', fate, instanceId, sessionId: this.sessionOf(instanceId) });
    switch (fate) {
      case 'notice':
        return isSpot ? this.ec2.interrupt(instanceId) : void this.ec2.kill(instanceId);
      case 'noticeWithoutEvent':
        return isSpot ? this.outages.withoutEvents(() => this.ec2.interrupt(instanceId)) : undefined;
      case 'rebalanceOnly':
        return isSpot ? this.ec2.rebalance(instanceId) : undefined;
      case 'killed':
        return void this.ec2.kill(instanceId);
      case 'vanished':
        return void this.ec2.kill(instanceId, { silent: true });
      case 'networkLost':
        return this.hosts.loseNetwork(instanceId);
      case 'hung':
        return this.hosts.hang(instanceId);
      case 'agentCrash':
        return this.hosts.get(instanceId)?.crashAgent();
      case 'neverRegisters':
        return undefined;
    }
  }
}

export const minutes = (count: number) => count * MINUTE_MS;
