/** Makes the services of the local cloud and shows them to each other. */
import { randomUUID } from 'node:crypto';
import type { Clock } from './clock';
import { CLOCK_PRELOAD, clockEnvironment } from './clock-environment';
import type { Authorize } from './gateway/authorize';
import { createDispatch } from './gateway/dispatch';
import { createProcessHosts } from './hosts/process-hosts';
import { createAuthorizer } from './iam/authorizer';
import { createIdentities, type Identities } from './identities';
import type { CallContext, Dispatch, EmitEvent, Service } from './service';
import { createCloudwatch } from './services/cloudwatch';
import { createDynamodb } from './services/dynamodb';
import type { CapacityRule } from './services/ec2/capacity';
import { createEc2 } from './services/ec2/create-ec2';
import type { DeliveryFaults } from './services/events/bus';
import { createEvents } from './services/events/events';
import type { InvocationRecord, LambdaFaults } from './services/lambda/lambda-function';
import { createLambdaService } from './services/lambda/lambda-service';
import { createLogs } from './services/logs/logs';
import { createPricing } from './services/pricing';
import { createS3 } from './services/s3/s3';
import { createServiceQuotas } from './services/service-quotas';
import { createSns } from './services/sns/sns';
import { createSqs } from './services/sqs/sqs';
import { createSsm } from './services/ssm/create-ssm';
import { createStatesService } from './services/states';
import { createSts } from './services/sts';
import { createIamRegistry } from './template/iam-registry';

/** Trouble on purpose; more of it can be made while the cloud runs, through its `ec2`. */
export interface CloudFaults {
  /** Crashes of Lambda functions between any two of their calls. */
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
}

export type CloudServices = Awaited<ReturnType<typeof createCloudServices>>;

export async function createCloudServices(options: CloudServicesOptions) {
  const { clock, accountId, region, log, endpoint, dataDir, faults, onCall } = options;
  const newId = randomUUID;
  const place = { clock, newId, accountId, region };
  const identities = createIdentities({ newId, clock, accountId });
  const iam = createIamRegistry();
  const contextForRole = (roleName: string, sessionName: string): CallContext => ({
    caller: identities.callerForRole(roleName, sessionName),
    accountId,
    region,
    requestId: newId(),
  });

  // Services call each other in a circle; these two close it once all of them exist.
  let dispatchToAll: Dispatch;
  let emitToBus: EmitEvent;
  const dispatch: Dispatch = (...call) => dispatchToAll(...call);
  const emitEvent: EmitEvent = (event) => emitToBus(event);

  const lambda = createLambdaService({
    clock,
    newId,
    region,
    endpoint,
    identities,
    dispatch,
    contextForRole,
    log,
    faults: faults.lambda,
    onInvocation: options.onInvocation,
  });
  const { invokeFunction, invokeAsync } = lambda;
  const deliver = { ...place, dispatch, invokeAsync, log };
  const events = createEvents({ ...deliver, ...(faults.deliveryFaults && { deliveryFaults: faults.deliveryFaults }) });
  emitToBus = events.emit;
  const authorize = authorizeAndTell(createAuthorizer(iam), log, onCall);
  const s3 = createS3({ ...place, dataDir, emitEvent, log, authorize });
  const dynamodb = await createDynamodb({ dataDir, region });
  const hosts = createProcessHosts({
    dataDir,
    clock,
    endpoint,
    region,
    issueCredentials: (profileArn, instanceId) => issueForInstance({ iam, identities }, profileArn, instanceId),
    clockEnvironment: hostClockEnvironment(clock),
    log,
  });
  const capacity = faults.capacity ? { faults: { capacity: faults.capacity } } : {};
  const ec2 = createEc2({ ...place, random: Math.random, emitEvent, hosts, ...capacity });
  const sns = createSns({ ...deliver, dataDir });
  const states = createStatesService({ ...place, random: Math.random, dispatch, invokeFunction, emitEvent });
  const logs = createLogs(place);
  const services: Service[] = [
    lambda,
    events,
    s3.service,
    dynamodb.service,
    ec2,
    sns,
    states,
    logs,
    createSqs({ ...place, endpoint }),
    createSsm({ ...place, emitEvent, nodes: () => ec2.instances() }),
    createServiceQuotas({ accountId, region, quotas: ec2 }),
    createPricing(),
    createCloudwatch({ clock }),
    createSts({ identities }),
  ];
  dispatchToAll = createDispatch(services);
  return {
    services,
    s3,
    dynamodb,
    identities,
    authorize,
    iam,
    lambda,
    events,
    ec2,
    sns,
    states,
    dispatch,
    contextForRole,
  };
}

/** Every call that came over the wire is told of, and then allowed or refused; a refusal is logged. */
function authorizeAndTell(authorize: Authorize, log: (line: string) => void, onCall: Authorize = () => {}): Authorize {
  return (request) => {
    onCall(request);
    try {
      authorize(request);
    } catch (error) {
      log(`refused: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  };
}

/** @throws Error when the template has no such instance profile: EC2 would have refused the launch. */
function issueForInstance(
  { iam, identities }: { iam: ReturnType<typeof createIamRegistry>; identities: Identities },
  profileArn: string,
  instanceId: string,
) {
  const profile = iam.instanceProfiles.get(profileArn.split('/').at(-1) ?? '');
  if (!profile) throw new Error(`There is no instance profile ${profileArn}`);
  return { ...identities.issueForRole(profile.roleName, instanceId), roleName: profile.roleName };
}

/** Node programs on a host live on the local cloud's clock, too. */
function hostClockEnvironment(clock: Clock): Record<string, string> {
  const environment = clockEnvironment(clock);
  if (Object.keys(environment).length === 0) return {};
  return { ...environment, NODE_OPTIONS: `--require=${CLOCK_PRELOAD}` };
}

/** In an order in which nothing is left that calls what is closed already. */
export async function closeCloudServices({ events, states, lambda, ec2, dynamodb }: CloudServices): Promise<void> {
  await events.close();
  await states.close();
  await lambda.close();
  await ec2.close();
  await dynamodb.close();
}
