/**
 * The cloud of one world: the synthesized stack on the local cloud's services, with simulated time, functions and
 * machines in place of real ones.
 */
import type { Budgets } from '../core/costs/budgets';
import { createDispatch } from '../local/gateway/dispatch';
import { createIdentities } from '../local/identities';
import type { CallContext, Dispatch, EmitEvent, Service } from '../local/service';
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
import { Api, type ApiOptions } from './api';
import type { Programs } from './bundles/programs';
import { eventFate } from './faults/event-fate';
import { refuseLaunches } from './faults/launches';
import type { Outages } from './faults/outages';
import type { FaultProfile } from './faults/profile';
import { SimulatedFunction } from './functions/simulated-function';
import { type Fate, ModelHosts } from './hosts/model-hosts';
import type { Happening } from './observer';
import type { Random } from './random';
import type { Script } from './scenario';
import { createMemoryDynamodb, type MemoryDynamodb } from './services/memory-dynamodb';
import { createMemoryS3, type MemoryS3 } from './services/memory-s3';
import type { SimulatedClock } from './simulated-clock';

export interface CloudOptions {
  clock: SimulatedClock;
  random: Random;
  faults: FaultProfile;
  outages: Outages;
  budgets: Budgets;
  programs: Programs;
  assembly: Assembly;
  scriptOf: (sessionId: string) => Script;
  tell: (happening: Happening) => void;
  onRequest: ApiOptions['onRequest'];
  befall: (fate: Fate, instanceId: string) => void;
}

export interface Cloud {
  dispatch: Dispatch;
  contextFor: (roleName: string, sessionName: string) => CallContext;
  s3: MemoryS3;
  dynamodb: MemoryDynamodb;
  ec2: Ec2Service;
  hosts: ModelHosts;
  launches: ReturnType<typeof refuseLaunches>;
  /** Deploys the stack. */
  deploy: () => Promise<LoadedStack>;
}

const ACCOUNT_ID = '000000000000';
const REGION = 'us-east-1';
/** Who may do what is tested elsewhere; here everybody may. */
const guard = () => {};
const log = () => {};

export function createCloud(options: CloudOptions): Cloud {
  const { clock, random, faults, outages, programs, tell } = options;
  const ids = random.fork('ids');
  const newId = () => ids.uuid();
  const place = { clock, newId, accountId: ACCOUNT_ID, region: REGION };
  const identities = createIdentities(place);
  const iam = createIamRegistry();
  const contextForRole = rememberContexts((roleName, sessionName) => {
    const caller = identities.callerForRole(roleName, sessionName);
    return { caller, accountId: ACCOUNT_ID, region: REGION, requestId: newId() };
  });
  let dispatchToAll: Dispatch;
  let emitToBus: EmitEvent;
  const dispatch: Dispatch = (...call) => dispatchToAll(...call);
  const emitEvent: EmitEvent = (event) => {
    tell({ kind: 'event', event });
    emitToBus(event);
  };
  const api = new Api({
    ...{ clock, dispatch, faults: faults.api, onRequest: options.onRequest },
    random: random.fork('api'),
    isDown: (serviceId) => outages.isDown(serviceId),
  });
  const functions = random.fork('functions');
  const lambda = createLambdaService({ ...place, dispatch, contextForRole, guard, log }, (definition) => {
    return new SimulatedFunction(definition, {
      ...{ clock, api, faults: faults.functions, region: REGION, contextForRole },
      program: programs.functions,
      budgets: options.budgets,
      shared: programs.shared,
      random: functions,
      isDown: () => outages.isDown('lambda'),
      print: (line) => tell({ kind: 'printed', line }),
      onInvocation: (name, requestId, event, outcome) => tell({ kind: 'invocation', name, requestId, event, outcome }),
    });
  });
  programs.printTo(
    (line) => tell({ kind: 'printed', line }),
    () => clock.now(),
  );
  const deliveryFaults = eventFate(random.fork('events'), faults.events, {
    isSilent: () => outages.isDown('events'),
    tell,
  });
  const messaging = { ...place, dispatch, contextForRole, guard, invokeAsync: lambda.invokeAsync, log };
  const events = createEvents({ ...messaging, deliveryFaults });
  emitToBus = events.emit;
  const s3 = createMemoryS3({ clock, emitEvent });
  const dynamodb = createMemoryDynamodb();
  const hosts = new ModelHosts({
    ...{ clock, faults, api, shared: programs.shared, scriptOf: options.scriptOf, befall: options.befall },
    agentProgram: programs.agent,
    random: random.fork('hosts'),
    identityOf: ({ instanceId, instanceProfileArn = '' }) => {
      const roleName = iam.instanceProfiles.get(instanceProfileArn.split('/').at(-1) ?? '')?.roleName ?? '';
      return {
        userId: `${identities.roleId(roleName)}:${instanceId}`,
        context: () => contextForRole(roleName, instanceId),
      };
    },
    onTraining: (change) => tell({ kind: 'training', change }),
    onLog: (instanceId, line) => tell({ kind: 'agent', instanceId, line }),
    onTrouble: (instanceId, what, lastsMs) => tell({ kind: 'trouble', instanceId, what, lastsMs }),
  });
  const ec2 = createEc2({ ...place, emitEvent, access: OPEN_ACCESS, random: () => random.next(), hosts });
  // Quotas are a fault of its own.
  for (const code of ['L-1216C47A', 'L-34B43A08']) ec2.setQuota(code, 100_000);
  const launches = refuseLaunches(ec2, random.fork('launches'), faults.launches);
  const nodes = () =>
    ec2.instances().map((node) => {
      const isLost = hosts.get(node.instanceId)?.isReachable === false;
      return isLost && node.vanishedAtMs === undefined ? { ...node, vanishedAtMs: 0 } : node;
    });
  const states = createStatesService({
    ...{ ...place, dispatch, emitEvent, contextForRole, guard },
    random: () => functions.next(),
    invokeFunction: lambda.invokeFunction,
  });
  const services: Service[] = [
    ...[lambda, events, s3.service, dynamodb.service, states],
    { id: 'ec2', operations: launches.operations },
    createSsm({ ...place, emitEvent, nodes }),
    createSns(messaging),
    createSqs({ ...place, endpoint: () => 'https://sqs.invalid' }),
    createLogs(place),
    createServiceQuotas({ accountId: ACCOUNT_ID, region: REGION, quotas: ec2 }),
    createPricing(),
    createCloudwatch({ clock }),
  ];
  dispatchToAll = createDispatch(services, guard);
  const deploy = () =>
    loadTemplate(options.assembly, {
      services: { dispatch, lambda, s3, dynamodb, ec2, iam, roleId: identities.roleId },
      call: contextForRole('cloudformation', options.assembly.stackName),
      scratchDir: '/nowhere',
    });
  return { dispatch, contextFor: contextForRole, s3, dynamodb, ec2, hosts, launches, deploy };
}

type ContextFor = Cloud['contextFor'];

/** One context for each caller, however often it calls. */
function rememberContexts(make: ContextFor): ContextFor {
  const known = new Map<string, CallContext>();
  return (roleName, sessionName) => {
    const name = `${roleName}/${sessionName}`;
    const context = known.get(name) ?? make(roleName, sessionName);
    known.set(name, context);
    return context;
  };
}
