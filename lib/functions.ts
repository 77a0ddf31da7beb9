/**
 * The functions as a table: what each is for, its size, its environment (typed by core/env.ts, so that a variable that
 * is missing does not compile) and what it may do.
 */
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Budgets } from '../core/costs/budgets';
import type { ENV_SPECS, Environment, FunctionName } from '../core/env';
import * as grants from './grants';
import type { NodeAssets } from './node-assets';
import { bucketArns, type NodePolicyProps, readablePlaces, resultPlaces } from './node-policy';
import { bucketArn, type S3Prefix } from './s3-prefix';

/** What functions work on; names and ARNs may be tokens. */
export interface FunctionResources extends NodePolicyProps {
  readonly tableName: string;
  readonly tableArn: string;
  /** Of the index of open sessions. */
  readonly openIndexArn: string;
  /** Of the index of sessions whose checkpoints are kept. */
  readonly keptIndexArn: string;
  readonly topicArn: string;
  readonly documentName: string;
  readonly launchTemplateId: string;
  readonly subnetIds: readonly string[];
  readonly assignPublicIp: boolean;
  readonly securityGroupId: string;
  readonly nodeRole: { readonly roleArn: string; readonly roleId: string };
  readonly nodeAssets: NodeAssets;
  readonly defaultTags: Readonly<Record<string, string>>;
  readonly budgets: Budgets;
  readonly reaping: ReapingSettings;
}

/** What the reaper goes by. */
export interface ReapingSettings {
  readonly zombieMinAgeMinutes: number;
  readonly reapDryRun: boolean;
  readonly checkpointDaysAfterSuccess: number;
  readonly checkpointDaysResumable: number;
}

/** What exists only once the state machines do, which themselves need the functions that they call. */
export interface MachineResources {
  readonly stateMachineArn: string;
  /** Of all its executions. */
  readonly executionArns: string;
  readonly replacementMachineArn: string;
}

export interface FunctionSettings<N extends FunctionName> {
  readonly description: string;
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
  readonly environment: Environment<(typeof ENV_SPECS)[N]>;
  readonly statements: PolicyStatement[];
}

/** How each of some functions is made of what there is. */
type Table<N extends FunctionName, R> = { readonly [K in N]: (resources: R) => FunctionSettings<K> };

/** Functions that the state machine calls. */
export type TaskFunction = Exclude<FunctionName, WatchFunction | 'notify-slack'>;
/** Functions that the clock calls. */
export type ScheduledFunction = 'reconcile' | 'track-costs' | 'reap-zombies' | 'report-costs';
/** Functions that events and the clock call. */
export type WatchFunction = 'handle-event' | ScheduledFunction;

export const TASK_FUNCTIONS: Table<TaskFunction, FunctionResources> = {
  'plan-job': (resources) => ({
    description: 'Validates a job and resolves it into a plan',
    memoryMiB: 512,
    timeoutSeconds: 60,
    environment: {
      ...storeEnvironment(resources),
      RESULT_PLACES: placesText(resultPlaces(resources)),
      IMAGE_REPOSITORIES: JSON.stringify(resources.imageRepositories),
      BUDGETS: JSON.stringify(resources.budgets),
    },
    statements: [
      grants.writeSessions(resources.tableArn),
      grants.writeSessionFiles(bucketArn(resources.bucketName)),
      grants.listBucket(...bucketArns(resources)),
      grants.readObjects(...readablePlaces(resources)),
      ...grants.seeCatalog(),
      grants.seePrices(),
      grants.readTable(resources.tableArn),
    ],
  }),

  'launch-nodes': (resources) => ({
    description: 'Launches the nodes of an attempt, all or none',
    memoryMiB: 512,
    timeoutSeconds: 90,
    environment: {
      ...storeEnvironment(resources),
      LAUNCH_TEMPLATE_ID: resources.launchTemplateId,
      SUBNET_IDS: resources.subnetIds.join(','),
      NODE_ROLE_ID: resources.nodeRole.roleId,
      ASSIGN_PUBLIC_IP: String(resources.assignPublicIp),
      DEFAULT_TAGS: JSON.stringify(resources.defaultTags),
    },
    statements: [
      grants.writeSessions(resources.tableArn),
      grants.readSessionFiles(bucketArn(resources.bucketName)),
      grants.listBucket(bucketArn(resources.bucketName)),
      ...grants.launch({ ...resources, nodeRoleArn: resources.nodeRole.roleArn }),
      grants.seeInstances(),
      grants.terminate(),
      grants.seePrices(),
    ],
  }),

  'start-training': (resources) => ({
    description: 'Takes the task token and starts the agent on the nodes',
    memoryMiB: 512,
    timeoutSeconds: 60,
    environment: { ...actingEnvironment(resources), ...startEnvironment(resources) },
    statements: [
      ...acting(resources),
      grants.readSessionFiles(bucketArn(resources.bucketName)),
      ...nodeReports(resources),
      grants.seePresence(),
      ...grants.sendCommand(resources.documentName),
      grants.readExactly(startAssets(resources.nodeAssets)),
    ],
  }),

  'collect-results': (resources) => ({
    description: 'Verifies the upload against its manifest and writes the receipt',
    memoryMiB: 512,
    timeoutSeconds: 240,
    environment: storeEnvironment(resources),
    statements: [
      grants.readSessions(resources.tableArn),
      grants.writeSessionFiles(bucketArn(resources.bucketName)),
      grants.listBucket(...bucketArns(resources)),
      grants.readObjects(...resultPlaces(resources)),
    ],
  }),

  'release-nodes': (resources) => ({
    description: 'Terminates the nodes of a session and confirms it',
    memoryMiB: 512,
    timeoutSeconds: 90,
    environment: actingEnvironment(resources),
    statements: acting(resources),
  }),

  'notify-finished': (resources) => ({
    description: 'Tells the user how a session ended',
    memoryMiB: 256,
    timeoutSeconds: 30,
    environment: actingEnvironment(resources),
    statements: [grants.writeSessions(resources.tableArn), grants.publish(resources.topicArn)],
  }),
};

export const WATCH_FUNCTIONS: Table<WatchFunction, FunctionResources & MachineResources> = {
  'handle-event': (resources) => ({
    description: 'Decides on what an event says',
    memoryMiB: 512,
    timeoutSeconds: 60,
    environment: watchingEnvironment(resources),
    statements: [
      ...acting(resources),
      ...nodeReports(resources),
      grants.startExecution(resources.replacementMachineArn),
    ],
  }),

  reconcile: (resources) => ({
    description: 'Finds what no event said, renews leases, finishes what was begun',
    memoryMiB: 512,
    timeoutSeconds: 300,
    environment: { ...watchingEnvironment(resources), STATE_MACHINE_ARN: resources.stateMachineArn },
    statements: [
      ...acting(resources),
      ...nodeReports(resources),
      grants.seeStatusChecks(),
      grants.seePresence(),
      grants.listOpenSessions(resources.openIndexArn),
      grants.deleteMarks(resources.tableArn),
      grants.startExecution(resources.replacementMachineArn),
      grants.listExecutions(resources.stateMachineArn),
      grants.describeExecutions(resources.executionArns),
    ],
  }),

  'track-costs': (resources) => ({
    description: 'Costs to date from live prices, budgets, metrics',
    memoryMiB: 512,
    timeoutSeconds: 120,
    environment: { ...actingEnvironment(resources), BUDGETS: JSON.stringify(resources.budgets) },
    statements: [
      ...acting(resources),
      grants.seePrices(),
      grants.listOpenSessions(resources.openIndexArn),
      grants.readTable(resources.tableArn),
      grants.deleteMarks(resources.tableArn),
    ],
  }),

  'report-costs': (resources) => ({
    description: 'Writes the daily report and tells of it',
    memoryMiB: 512,
    timeoutSeconds: 120,
    environment: { ...actingEnvironment(resources), BUDGETS: JSON.stringify(resources.budgets) },
    statements: [
      grants.readLedger(resources.tableArn),
      grants.markAlerts(resources.tableArn),
      grants.writeReports(bucketArn(resources.bucketName)),
      grants.publish(resources.topicArn),
    ],
  }),

  'reap-zombies': (resources) => ({
    description: 'Ends what no session accounts for, and old checkpoints',
    memoryMiB: 512,
    timeoutSeconds: 300,
    environment: {
      ...actingEnvironment(resources),
      ZOMBIE_MIN_AGE_MINUTES: String(resources.reaping.zombieMinAgeMinutes),
      REAP_DRY_RUN: String(resources.reaping.reapDryRun),
      CHECKPOINT_DAYS_AFTER_SUCCESS: String(resources.reaping.checkpointDaysAfterSuccess),
      CHECKPOINT_DAYS_RESUMABLE: String(resources.reaping.checkpointDaysResumable),
    },
    statements: [
      grants.writeSessions(resources.tableArn),
      ...grants.findRecords(resources.tableArn, resources.openIndexArn, resources.keptIndexArn),
      grants.deleteMarks(resources.tableArn),
      grants.publish(resources.topicArn),
      grants.seeInstances(),
      grants.seeVolumes(),
      grants.terminate(),
      grants.deleteVolumes(),
      grants.seePrices(),
      grants.listBucket(bucketArn(resources.bucketName)),
      ...grants.keepCheckpoints(bucketArn(resources.bucketName)),
    ],
  }),
};

/** The function that exists only where its setting does. `parameter`: the name of the webhook's address. */
export function notifySlack(parameter: string): FunctionSettings<'notify-slack'> {
  return {
    description: 'Brings alerts into a Slack channel',
    memoryMiB: 256,
    timeoutSeconds: 60,
    environment: { SLACK_WEBHOOK_PARAMETER: parameter },
    statements: [grants.readParameter(parameter)],
  };
}

function storeEnvironment({ tableName, bucketName }: FunctionResources) {
  return { TABLE_NAME: tableName, BUCKET_NAME: bucketName };
}

function actingEnvironment(resources: FunctionResources) {
  return { ...storeEnvironment(resources), TOPIC_ARN: resources.topicArn };
}

function watchingEnvironment(resources: FunctionResources & MachineResources) {
  return { ...actingEnvironment(resources), REPLACEMENT_MACHINE_ARN: resources.replacementMachineArn };
}

/** What every action of a decision needs that any function may take: core/decide/actions.ts. */
function acting({ tableArn, bucketName, topicArn }: FunctionResources): PolicyStatement[] {
  const bucket = bucketArn(bucketName);
  return [
    grants.writeSessions(tableArn),
    grants.writeSessionFiles(bucket),
    grants.answerTasks(),
    grants.publish(topicArn),
    grants.seeInstances(),
    grants.terminate(),
  ];
}

/** What nodes say, as far as they have said anything. */
function nodeReports({ bucketName }: FunctionResources): PolicyStatement[] {
  const bucket = bucketArn(bucketName);
  return [grants.readNodeReports(bucket), grants.listBucket(bucket)];
}

/** As core/env.ts reads it. */
export function placesText(places: readonly S3Prefix[]): string {
  return places.map(({ bucket, prefix }) => `${bucket}/${prefix}`).join(',');
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
