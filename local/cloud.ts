/** The local cloud: a synthesized stack, running in this process and answering as AWS would on one loopback port. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Clock } from './clock';
import { type CloudFaults, type CloudServices, closeCloudServices, createCloudServices } from './cloud-services';
import { createControlRoute } from './control-routes';
import type { AuthorizationRequest } from './gateway/authorize';
import { type Gateway, startGateway } from './gateway/gateway';
import type { RoleGrant } from './iam/grant-log';
import { type KeptClock, openKeptClock } from './kept-clock';
import type { IssuedCredentials } from './service';
import type { LocalStack } from './services/cloudformation';
import type { Ec2Service } from './services/ec2/create-ec2';
import type { InvocationRecord } from './services/lambda/lambda-function';
import type { PublishedMessage } from './services/sns/published-message';
import { type Assembly, loadAssembly } from './template/assembly';
import type { IamRegistry } from './template/iam-registry';
import { type LoadedStack, loadTemplate } from './template/load-template';

export interface LocalCloudOptions {
  /** What `cdk synth` wrote. */
  assemblyDir: string;
  /** Bucket, table and hosts live here; what it holds of earlier runs is there again. */
  dataDir: string;
  /** 0 takes any free port. Default 4566. */
  port?: number;
  /** Default: real time, times `speed`. */
  clock?: Clock;
  /** The cloud's seconds in a real one. Default 1. */
  speed?: number;
  region?: string;
  faults?: CloudFaults;
  /** Told of calls that are not supported, and of what went wrong unseen. Default: dropped. */
  log?: (line: string) => void;
  /** Told of every invocation of a function. */
  onInvocation?: (record: InvocationRecord) => void;
  /** Told of every call that comes over the wire, before it is allowed or refused. */
  onCall?: (call: AuthorizationRequest) => void;
}

/** What a client needs to know, as in local.json. */
export interface CloudDescription {
  endpoint: string;
  region: string;
  stateMachineArn: string;
  bucket: string;
  topicArn: string;
  tableName: string;
  logGroup: string;
}

export interface LocalCloud extends CloudDescription {
  /** Names of the executions that ran when an earlier life on the same folder ended; they are aborted. */
  readonly lostExecutions: readonly string[];
  /** To interrupt and kill instances, and to take capacity away. */
  readonly ec2: Ec2Service;
  readonly clock: Clock;
  /** Roles and policies as the template declares them. */
  readonly iam: IamRegistry;
  /** Everything that the template made. */
  readonly stack: LoadedStack;
  setQuota(quotaCode: string, value: number): void;
  /** What roles may do, and what of it was used so far. */
  grants(): readonly RoleGrant[];
  /** Credentials as the service that has the role gets them; the session is a function's name or an instance's id. */
  credentialsOf(roleName: string, sessionName: string): IssuedCredentials;
  /** Every message published to a topic so far. */
  notifications(): readonly PublishedMessage[];
  /** Ends everything; no process is left. */
  close(): Promise<void>;
}

export const DEFAULT_PORT = 4566;
const ACCOUNT_ID = '000000000000';
const DEFAULT_REGION = 'us-east-1';

const outputsSchema = z.object({
  StateMachineArn: z.string(),
  BucketName: z.string(),
  TopicArn: z.string(),
  TableName: z.string(),
  LogGroupName: z.string(),
});

/**
 * @throws TemplateError when there is no assembly, or something in its template that the local cloud does not support.
 * @throws Error when the port is in use.
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const { port = DEFAULT_PORT, region = DEFAULT_REGION, speed = 1, faults = {}, log = () => {} } = options;
  const assembly = loadAssembly(resolve(options.assemblyDir));
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true });
  let gateway: Gateway | undefined;
  const endpoint = () => gateway?.endpoint ?? '';
  const { onInvocation, onCall } = options;
  let loaded: LocalStack | undefined;
  const { clock, close: closeClock } = clockOf(options, dataDir, speed);
  const services = await createCloudServices({
    dataDir,
    clock,
    accountId: ACCOUNT_ID,
    region,
    endpoint,
    faults,
    log,
    onInvocation,
    onCall,
    stack: () => loaded,
  }).catch((error: unknown) => {
    closeClock();
    throw error;
  });
  const close = async () => {
    await closeCloudServices(services);
    await gateway?.close();
    closeClock();
  };
  try {
    let description: CloudDescription | undefined;
    gateway = await listen(services, {
      port,
      clock,
      region,
      log,
      describe: () => ({ ...description, speed, now: clock.now() }),
    });
    const stack = await load(assembly, { services, dataDir });
    loaded = describeStack(assembly, stack, clock);
    description = describeCloud(gateway.endpoint, region, stack);
    return {
      ...description,
      // The rules are there by now: what became of them is an event, too.
      lostExecutions: services.states.announceLost(),
      ec2: services.ec2,
      clock,
      iam: services.iam,
      stack,
      setQuota: (quotaCode, value) => services.ec2.setQuota(quotaCode, value),
      grants: services.grants,
      credentialsOf: (roleName, sessionName) => services.identities.issueForRole(roleName, sessionName),
      notifications: () => services.sns.published(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function clockOf({ clock }: LocalCloudOptions, dataDir: string, speed: number): KeptClock {
  return clock === undefined ? openKeptClock(dataDir, speed) : { clock, close: () => {} };
}

interface ListenOptions {
  port: number;
  clock: Clock;
  region: string;
  log: (line: string) => void;
  describe: () => object;
}

async function listen(services: CloudServices, { describe, ...options }: ListenOptions): Promise<Gateway> {
  const { s3, dynamodb, identities, authorize } = services;
  const control = createControlRoute(services.ec2, describe);
  const newId = () => crypto.randomUUID();
  const served = { services: services.services, s3, dynamodb, identities, authorize, controlRoutes: [control], newId };
  try {
    return await startGateway({ ...options, ...served, accountId: ACCOUNT_ID });
  } catch (error) {
    const isTaken = typeof error === 'object' && error !== null && 'code' in error && error.code === 'EADDRINUSE';
    if (!isTaken) throw error;
    throw new Error(
      `Port ${options.port} is in use, perhaps by another local cloud: stop that one, or choose another.`,
    );
  }
}

function load(
  assembly: Assembly,
  { services, dataDir }: { services: CloudServices; dataDir: string },
): Promise<LoadedStack> {
  return loadTemplate(assembly, {
    services: { ...services, roleId: services.identities.roleId },
    call: services.contextForUser(),
    scratchDir: join(dataDir, 'lambda'),
  });
}

function describeStack({ stackName, template }: Assembly, stack: LoadedStack, clock: Clock): LocalStack {
  const descriptions = Object.entries(template.Outputs).map(([name, { Description }]) => [name, Description] as const);
  return {
    ...stack,
    stackName,
    createdAt: new Date(clock.now()),
    description: template.Description,
    outputDescriptions: Object.fromEntries(descriptions),
  };
}

/** @throws ZodError when the stack lacks one of the outputs. */
function describeCloud(endpoint: string, region: string, stack: LoadedStack): CloudDescription {
  const outputs = outputsSchema.parse(stack.outputs);
  return {
    endpoint,
    region,
    stateMachineArn: outputs.StateMachineArn,
    bucket: outputs.BucketName,
    topicArn: outputs.TopicArn,
    tableName: outputs.TableName,
    logGroup: outputs.LogGroupName,
  };
}
