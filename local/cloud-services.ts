/** Makes the services of the local cloud and shows them to each other. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from './clock';
import { CLOCK_PRELOAD, clockEnvironment } from './clock-environment';
import type { Authorize } from './gateway/authorize';
import { createDispatch } from './gateway/dispatch';
import { createProcessHosts } from './hosts/process-hosts';
import { createAuthorizer } from './iam/authorizer';
import type { Guard } from './iam/check';
import { findProfile, instanceAccess } from './iam/instance-access';
import { createIdentities, type Identities } from './identities';
import type { CallContext, Caller, Dispatch, EmitEvent, Service } from './service';
import { createCloudformation, type LocalStack } from './services/cloudformation';
import { createCloudwatch } from './services/cloudwatch';
import { createDynamodb } from './services/dynamodb';
import type { CapacityRule } from './services/ec2/capacity';
import { createEc2 } from './services/ec2/create-ec2';
import { createEcr } from './services/ecr';
import type { DeliveryFaults } from './services/events/bus';
import { createEvents } from './services/events/events';
import { FunctionRuntime } from './services/lambda/function-runtime';
import type { InvocationRecord, LambdaFaults } from './services/lambda/lambda-function';
import { createLambdaService, type LambdaService } from './services/lambda/lambda-service';
import { createLogs } from './services/logs/logs';
import { createPricing } from './services/pricing';
import { createS3 } from './services/s3/s3';
import { createSecretsManager } from './services/secrets-manager';
import { createServiceQuotas } from './services/service-quotas';
import { createSns } from './services/sns/sns';
import { createSqs } from './services/sqs/sqs';
import { createSsm } from './services/ssm/create-ssm';
import { createStatesService } from './services/states';
import { createSts } from './services/sts';
import { createIamRegistry, type IamRegistry } from './template/iam-registry';

/** Trouble on purpose; more of it can be made while the cloud runs, through its `ec2`. */
export interface CloudFaults {
  /** Crashes of Lambda functions between any two of their calls, and jumps of their clocks. */
  lambda?: LambdaFaults;
  /** Lost, doubled and late events. */
  deliveryFaults?: DeliveryFaults;
  capacity?: readonly CapacityRule[];
}

export interface CloudServicesOptions {
  dataDir: string;
  clock: Clock;
  accountId: string;
  region: string;
  endpoint: () => string;
  faults: CloudFaults;
  log: (line: string) => void;
  onInvocation?: ((record: InvocationRecord) => void) | undefined;
  onCall?: Authorize | undefined;
  /** What was loaded from the template; undefined until then. */
  stack: () => LocalStack | undefined;
}

export type CloudServices = Awaited<ReturnType<typeof createCloudServices>>;

/** What every service may need. */
interface Common extends CloudServicesOptions {
  newId: () => string;
  identities: Identities;
  iam: IamRegistry;
  contextForRole: (roleName: string, sessionName: string) => CallContext;
  /** Of the account's own user. */
  contextForUser: () => CallContext;
  dispatch: Dispatch;
  emitEvent: EmitEvent;
}

export async function createCloudServices(options: CloudServicesOptions) {
  // Services call each other in a circle; these two close it once all of them exist.
  let dispatchToAll: Dispatch;
  let emitToBus: EmitEvent;
  const common = createCommon(options, {
    dispatch: (...call) => dispatchToAll(...call),
    emitEvent: (event) => emitToBus(event),
  });
  const { clock, accountId, region, endpoint, dataDir, identities, iam } = common;
  const authorizer = createAuthorizer(iam, {
    accountId,
    region,
    tagsOf: (id) => ec2.tagsOf(id),
    partitionKey: (...place) => dynamodb.partitionKey(...place),
  });
  const inProcess = logged(authorizer.authorize, options.log);
  const guard = logged(authorizer.guard, options.log);
  const authorize: Authorize = (request) => {
    options.onCall?.(request);
    inProcess(request);
  };

  // Worker threads, from the very bundles that would be deployed.
  const runtimeOptions = { ...common, faults: options.faults.lambda };
  const lambda = createLambdaService(
    { ...common, guard },
    (definition) => new FunctionRuntime(definition, runtimeOptions),
  );
  const { invokeFunction } = lambda;
  const { events, sns } = createMessaging(common, lambda);
  emitToBus = events.emit;
  const s3 = createS3({ ...common, authorize });
  const dynamodb = await createDynamodb({ dataDir, region });
  const { ec2, ssm } = createMachines(common, guard);
  const states = createStatesService({
    ...common,
    random: Math.random,
    invokeFunction,
    folder: join(dataDir, 'states'),
  });
  const services: Service[] = [
    lambda,
    events,
    s3.service,
    dynamodb.service,
    ec2,
    ssm,
    sns,
    states,
    createSqs({ ...common, endpoint }),
    createLogs(common),
    createServiceQuotas({ accountId, region, quotas: ec2 }),
    createPricing(),
    createCloudformation(options),
    createCloudwatch({ clock }),
    createSecretsManager(options),
    createSts({ identities }),
    createEcr({ clock, accountId, region }),
  ];
  const dispatch = createDispatch(services, inProcess);
  dispatchToAll = dispatch;
  const makers = { s3, dynamodb, lambda, ec2, iam, dispatch };
  return {
    ...makers,
    services,
    identities,
    authorize,
    grants: authorizer.grants,
    events,
    sns,
    states,
    contextForUser: common.contextForUser,
  };
}

function createCommon(options: CloudServicesOptions, circle: { dispatch: Dispatch; emitEvent: EmitEvent }): Common {
  const { clock, accountId, region } = options;
  const newId = randomUUID;
  const identities = createIdentities({ newId, clock, accountId });
  const contextOf = (caller: Caller): CallContext => ({ caller, accountId, region, requestId: newId() });
  const contextForRole = (role: string, session: string) => contextOf(identities.callerForRole(role, session));
  const contextForUser = () => contextOf(identities.user('LOCAL'));
  return { ...options, ...circle, newId, identities, iam: createIamRegistry(), contextForRole, contextForUser };
}

/** The bus and the topics. They hand events to Lambda's own queue, which sees to retries and dead letters. */
function createMessaging(common: Common, { invokeAsync }: LambdaService) {
  const { deliveryFaults } = common.faults;
  const events = createEvents({ ...common, invokeAsync, ...(deliveryFaults && { deliveryFaults }) });
  return { events, sns: createSns({ ...common, invokeAsync }) };
}

function createMachines(common: Common, guard: Guard) {
  const { clock, newId, accountId, region, emitEvent, faults } = common;
  const hosts = createProcessHosts({
    ...common,
    issueCredentials: (profileArn, instanceId) => issueForInstance(common, profileArn, instanceId),
    clockEnvironment: hostClockEnvironment(clock),
  });
  const place = { clock, newId, accountId, region, emitEvent };
  const trouble = faults.capacity ? { faults: { capacity: faults.capacity } } : {};
  const access = instanceAccess({ ...common, guard });
  const ec2 = createEc2({ ...place, random: Math.random, hosts, access, ...trouble });
  return { ec2, ssm: createSsm({ ...place, nodes: () => ec2.instances() }) };
}

function logged<A extends unknown[]>(check: (...asked: A) => void, log: (line: string) => void): (...asked: A) => void {
  return (...asked) => {
    try {
      check(...asked);
    } catch (error) {
      log(`refused: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  };
}

function issueForInstance(common: Common, profileArn: string, instanceId: string) {
  const { roleName } = findProfile(common, profileArn);
  return { ...common.identities.issueForRole(roleName, instanceId), roleName };
}

/** Node programs on a host live on the local cloud's clock, too. */
function hostClockEnvironment(clock: Clock): Record<string, string> {
  const environment = clockEnvironment(clock);
  if (Object.keys(environment).length === 0) return {};
  return { ...environment, NODE_OPTIONS: `--require "${CLOCK_PRELOAD}"` };
}

/** In an order in which nothing is left that calls what is closed already. */
export async function closeCloudServices({ events, states, lambda, ec2, dynamodb }: CloudServices): Promise<void> {
  await events.close();
  await states.close();
  await lambda.close();
  await ec2.close();
  await dynamodb.close();
}
