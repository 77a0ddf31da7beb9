/**
 * The functions as a table: what each is for, its size, its environment (typed by core/env.ts, so that a variable that
 * is missing does not compile) and what it may do.
 */
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ENV_SPECS, Environment, FunctionName } from '../core/env';
import * as grants from './grants';
import type { NodeAssets } from './node-assets';
import { bucketArns, type NodePolicyProps, readablePlaces, resultPlaces } from './node-policy';
import { bucketArn } from './s3-prefix';

/** What functions work on; names and ARNs may be tokens. */
export interface FunctionResources extends NodePolicyProps {
  readonly tableName: string;
  readonly tableArn: string;
  /** Of the index of open sessions. */
  readonly openIndexArn: string;
  readonly topicArn: string;
  readonly documentName: string;
  readonly launchTemplateId: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupId: string;
  readonly nodeRole: { readonly roleArn: string; readonly roleId: string };
  readonly nodeAssets: NodeAssets;
  readonly defaultTags: Readonly<Record<string, string>>;
}

/** What exists only once the state machine does, which itself needs the functions that it calls. */
export interface MachineResources {
  readonly stateMachineArn: string;
  /** Of all its executions. */
  readonly executionArns: string;
}

export interface FunctionSettings<N extends FunctionName> {
  readonly description: string;
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
  readonly environment: Environment<(typeof ENV_SPECS)[N]>;
  readonly statements: PolicyStatement[];
}

type Settings<N extends FunctionName> = { readonly [K in N]: FunctionSettings<K> };

/** Functions that the state machine calls. */
export const TASK_FUNCTIONS = [
  'plan-job',
  'launch-nodes',
  'start-training',
  'collect-results',
  'release-nodes',
  'notify-finished',
] as const satisfies FunctionName[];
export type TaskFunction = (typeof TASK_FUNCTIONS)[number];
/** Functions that events and the clock call. */
export type WatchFunction = Exclude<FunctionName, TaskFunction>;

export function taskFunctions(resources: FunctionResources): Settings<TaskFunction> {
  const { store, notifier } = environments(resources);
  const { tableArn, topicArn } = resources;
  const bucket = bucketArn(resources.bucketName);
  return {
    'plan-job': {
      description: 'Validates a job and resolves it into a plan',
      memoryMiB: 512,
      timeoutSeconds: 60,
      environment: store,
      statements: [
        grants.writeSessions(tableArn),
        grants.writeSessionFiles(bucket),
        grants.listBucket(...bucketArns(resources)),
        grants.readObjects(...readablePlaces(resources)),
        ...grants.seeCatalog(),
        grants.seePrices(),
      ],
    },
    'launch-nodes': {
      description: 'Launches the nodes of an attempt, all or none',
      memoryMiB: 512,
      timeoutSeconds: 90,
      environment: {
        ...store,
        LAUNCH_TEMPLATE_ID: resources.launchTemplateId,
        SUBNET_IDS: resources.subnetIds.join(','),
        NODE_ROLE_ID: resources.nodeRole.roleId,
        DEFAULT_TAGS: JSON.stringify(resources.defaultTags),
      },
      statements: [
        grants.writeSessions(tableArn),
        grants.writeSessionFiles(bucket),
        grants.listBucket(bucket),
        ...grants.launch({ ...resources, nodeRoleArn: resources.nodeRole.roleArn }),
        grants.seeInstances(),
        grants.terminate(),
        grants.seePrices(),
      ],
    },
    'start-training': {
      description: 'Takes the task token and starts the agent on the nodes',
      memoryMiB: 512,
      timeoutSeconds: 60,
      environment: { ...store, ...notifier, ...startEnvironment(resources) },
      statements: [
        ...acting(resources),
        ...grants.sendCommand(resources.documentName),
        grants.readExactly(startAssets(resources.nodeAssets)),
      ],
    },
    'collect-results': {
      description: 'Verifies the upload against its manifest and writes the receipt',
      memoryMiB: 512,
      timeoutSeconds: 240,
      environment: store,
      statements: [
        grants.writeSessions(tableArn),
        grants.writeSessionFiles(bucket),
        grants.readNodeReports(bucket),
        grants.listBucket(...bucketArns(resources)),
        grants.readObjects(...resultPlaces(resources)),
        grants.seePrices(),
      ],
    },
    'release-nodes': {
      description: 'Terminates the nodes of a session and confirms it',
      memoryMiB: 512,
      timeoutSeconds: 90,
      environment: { ...store, ...notifier },
      statements: acting(resources),
    },
    'notify-finished': {
      description: 'Tells the user how a session ended',
      memoryMiB: 256,
      timeoutSeconds: 30,
      environment: { ...store, ...notifier },
      statements: [
        grants.writeSessions(tableArn),
        grants.writeSessionFiles(bucket),
        grants.readNodeReports(bucket),
        grants.listBucket(bucket),
        grants.publish(topicArn),
      ],
    },
  };
}

export function watchFunctions(resources: FunctionResources, machine: MachineResources): Settings<WatchFunction> {
  const { store, notifier } = environments(resources);
  return {
    'handle-event': {
      description: 'Decides on what an event says',
      memoryMiB: 512,
      timeoutSeconds: 60,
      environment: { ...store, ...notifier },
      statements: [...acting(resources), grants.describeExecutions(machine.executionArns)],
    },
    reconcile: {
      description: 'Finds what no event said, renews leases, finishes what was begun',
      memoryMiB: 512,
      timeoutSeconds: 300,
      environment: { ...store, ...notifier, STATE_MACHINE_ARN: machine.stateMachineArn },
      statements: [
        ...acting(resources),
        grants.listOpenSessions(resources.openIndexArn),
        grants.freeLocks(resources.tableArn),
        grants.listExecutions(machine.stateMachineArn),
        grants.describeExecutions(machine.executionArns),
        grants.seePrices(),
      ],
    },
  };
}

function environments({ tableName, bucketName, topicArn }: FunctionResources) {
  return { store: { TABLE_NAME: tableName, BUCKET_NAME: bucketName }, notifier: { TOPIC_ARN: topicArn } };
}

/** What every action of a decision needs: core/actions.ts. */
function acting({ tableArn, bucketName, topicArn }: FunctionResources): PolicyStatement[] {
  const bucket = bucketArn(bucketName);
  return [
    grants.writeSessions(tableArn),
    grants.writeSessionFiles(bucket),
    grants.readNodeReports(bucket),
    grants.listBucket(bucket),
    grants.answerTasks(),
    grants.publish(topicArn),
    grants.seeInstances(),
    grants.seePresence(),
    grants.terminate(),
  ];
}

function startAssets({ bucketName, agent, runtimes }: NodeAssets) {
  return [agent, runtimes.x86_64, runtimes.arm64].map(({ key }) => `${bucketArn(bucketName)}/${key}`);
}

function startEnvironment({ documentName, nodeAssets: { bucketName, agent, runtimes } }: FunctionResources) {
  return {
    DOCUMENT_NAME: documentName,
    ASSET_BUCKET: bucketName,
    AGENT_KEY: agent.key,
    AGENT_SHA256: agent.sha256,
    NODE_X86_64_KEY: runtimes.x86_64.key,
    NODE_X86_64_SHA256: runtimes.x86_64.sha256,
    NODE_ARM64_KEY: runtimes.arm64.key,
    NODE_ARM64_SHA256: runtimes.arm64.sha256,
  };
}
