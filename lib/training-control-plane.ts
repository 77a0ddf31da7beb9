/**
 * The whole of runctl as one construct: put it into a stack and training jobs run as executions of `stateMachine`.
 * Nothing is looked up, so synth needs no credentials; no custom resource, so it deploys wherever CloudFormation runs.
 */
import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Budgets } from '../core/costs/budgets';
import type { FunctionName } from '../core/env';
import { TABLE } from '../core/table';
import { Alarms } from './alarms';
import { AlertTopic } from './alert-topic';
import { ControlFunction, type ControlFunctionProps } from './control-function';
import { ControlDashboard } from './dashboard';
import { EventRules } from './event-rules';
import {
  type FunctionResources,
  type FunctionSettings,
  type MachineResources,
  notifySlack,
  placesText,
  type ReapingSettings,
  TASK_FUNCTIONS,
  WATCH_FUNCTIONS,
} from './functions';
import { Machine } from './machine';
import { acknowledgeNag } from './nag';
import { type ExistingNetwork, TrainingNetwork } from './network';
import { NodeAssets } from './node-assets';
import { type NodePolicyProps, resultPlaces } from './node-policy';
import type { S3Prefix } from './s3-prefix';
import { Schedules } from './schedules';
import { Storage } from './storage';
import { TrainingNodes } from './training-nodes';

export interface TrainingControlPlaneProps {
  /** Subnets to train in. Default: a VPC of its own with a public subnet per zone. */
  readonly network?: ExistingNetwork | undefined;
  /** Zones of the VPC of its own, 1 to 3. Default 3; us-west-1 has two. */
  readonly zones?: number | undefined;
  /** Gets a mail for every notification, once it has confirmed the subscription. */
  readonly alertEmail?: string | undefined;
  /**
   * Name of the SecureString parameter with a Slack webhook's address, where alerts are to go there, too. It begins with `/`
   * and must not lie below `parameterPrefix`, which nodes may read.
   */
  readonly slackWebhookParameter?: string | undefined;
  /** Whether to tell also of sessions that went on by themselves after an interruption. Default false. */
  readonly notifyResumed?: boolean | undefined;
  /** The CloudWatch dashboard: free among the account's first three, else $3 a month. Default true. */
  readonly dashboard?: boolean | undefined;
  /** Where jobs may have code and data, besides this stack's bucket. */
  readonly dataBuckets?: readonly S3Prefix[] | undefined;
  /** Where jobs may put results, besides `results/` in this stack's bucket. */
  readonly resultPrefixes?: readonly S3Prefix[] | undefined;
  /**
   * Repositories of ECR's with images for jobs, such as `123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/*`. Public
   * registries need none.
   */
  readonly imageRepositories?: readonly string[] | undefined;
  /** Tags of every instance and volume; a job's own win over them. */
  readonly defaultTags?: Readonly<Record<string, string>> | undefined;
  /** Parameters and secrets below it may be used by jobs. Begins and ends with `/`. Default /runctl/. */
  readonly parameterPrefix?: string | undefined;
  /** USD per month and owner or project; `*` is for those that are not named. Default none. */
  readonly budgets?: Budgets | undefined;
  /** Instances and volumes that no session accounts for are left alone until they are this old. Default 15. */
  readonly zombieMinAgeMinutes?: number | undefined;
  /** The reaper reports what it would end, and ends nothing. Default false. */
  readonly reapDryRun?: boolean | undefined;
  /** Checkpoints of a session that succeeded are kept so long. Default 14. */
  readonly checkpointDaysAfterSuccess?: number | undefined;
  /** Checkpoints of a session that ended otherwise are kept so long. Default 90. */
  readonly checkpointDaysResumable?: number | undefined;
  /** X-Ray tracing of the state machine. Default false. */
  readonly tracing?: boolean | undefined;
}

export const DEFAULT_PARAMETER_PREFIX = '/runctl/';
const DEFAULT_ZONES = 3;
const DEFAULT_ZOMBIE_MIN_AGE_MINUTES = 15;
const DEFAULT_DAYS_AFTER_SUCCESS = 14;
const DEFAULT_DAYS_RESUMABLE = 90;
const DEAD_LETTER_DAYS = 14;
/** Of functions that are called asynchronously. The next pass of a scheduled one is its retry. */
const ASYNCHRONOUS_RETRIES: Partial<Record<FunctionName, 0 | 1 | 2>> = {
  'handle-event': 2,
  reconcile: 0,
  'track-costs': 0,
  'report-costs': 2,
  'notify-slack': 2,
  'reap-zombies': 0,
};

export class TrainingControlPlane extends Construct {
  readonly stateMachine: StateMachine;
  readonly storage: Storage;
  readonly topic: Topic;
  /** Training logs. */
  readonly logGroup: LogGroup;
  readonly network: TrainingNetwork;
  readonly nodes: TrainingNodes;
  /** Where jobs may put results: `bucket/prefix/`, separated by commas. */
  readonly resultPlaces: string;
  /** Repositories of ECR's that nodes may pull from. */
  readonly imageRepositories: readonly string[];
  /** USD per month, by owner and by project. */
  readonly budgets: Budgets;
  /** Events and invocations that failed for good. */
  readonly deadLetterQueue: Queue;
  /** All of them, but for notify-slack where no webhook is set. */
  readonly functions: Readonly<Record<Exclude<FunctionName, 'notify-slack'>, IFunction>>;

  constructor(scope: Construct, id: string, props: TrainingControlPlaneProps = {}) {
    super(scope, id);
    const { network: existing, zones = DEFAULT_ZONES, tracing = false } = props;
    this.storage = new Storage(this, 'Storage');
    this.deadLetterQueue = this.#createDeadLetterQueue();
    this.topic = this.#createTopic(props);
    this.logGroup = new LogGroup(this, 'TrainingLogs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.network = new TrainingNetwork(this, 'Network', { existing, zones });
    const places = this.#places(props);
    this.resultPlaces = placesText(resultPlaces(places));
    this.imageRepositories = places.imageRepositories;
    this.budgets = props.budgets ?? { owner: {}, project: {} };
    this.nodes = new TrainingNodes(this, 'Nodes', {
      ...places,
      network: this.network,
      logGroupName: this.logGroup.logGroupName,
    });
    const resources = this.#resources(places, props);

    const tasks = this.#createFunctions(TASK_FUNCTIONS, resources);
    const functions = byPlaceholder(tasks);
    this.stateMachine = new Machine(this, 'TrainingJob', {
      definition: 'training-job',
      comment: 'runctl training job',
      functions,
      tracing,
    }).stateMachine;
    const replacement = new Machine(this, 'Replacement', {
      definition: 'replacement',
      comment: 'runctl replacement of an attempt that still trains',
      functions,
      tracing,
    });
    const watchers = this.#createFunctions(WATCH_FUNCTIONS, {
      ...resources,
      ...this.#machineResources(replacement.stateMachine.stateMachineArn),
    });
    this.functions = { ...tasks, ...watchers };
    new EventRules(this, 'Events', {
      handleEvent: watchers['handle-event'],
      deadLetterQueue: this.deadLetterQueue,
      bucketName: places.bucketName,
      documentName: this.nodes.documentName,
      stateMachineArn: this.stateMachine.stateMachineArn,
    });
    new Schedules(this, 'Schedules', { functions: watchers, deadLetterQueue: this.deadLetterQueue });
    const { topic, deadLetterQueue } = this;
    const { alarms } = new Alarms(this, 'Alarms', { topic, deadLetterQueue, scheduled: watchers });
    if (props.dashboard ?? true) new ControlDashboard(this, 'Observability', { alarms, deadLetterQueue });
    acknowledgeNag(this);
  }

  #places(props: TrainingControlPlaneProps): NodePolicyProps {
    return {
      bucketName: this.storage.bucket.bucketName,
      dataBuckets: props.dataBuckets ?? [],
      resultPrefixes: props.resultPrefixes ?? [],
      imageRepositories: props.imageRepositories ?? [],
      parameterPrefix: props.parameterPrefix ?? DEFAULT_PARAMETER_PREFIX,
      logGroupArn: Stack.of(this).formatArn({
        service: 'logs',
        resource: 'log-group',
        resourceName: this.logGroup.logGroupName,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    };
  }

  #resources(places: NodePolicyProps, props: TrainingControlPlaneProps): FunctionResources {
    const { table } = this.storage;
    return {
      ...places,
      tableName: table.tableName,
      tableArn: table.tableArn,
      openIndexArn: `${table.tableArn}/index/${TABLE.openIndex}`,
      keptIndexArn: `${table.tableArn}/index/${TABLE.keptIndex}`,
      topicArn: this.topic.topicArn,
      documentName: this.nodes.documentName,
      launchTemplateId: this.nodes.launchTemplateId,
      subnetIds: this.network.subnetIds,
      assignPublicIp: this.network.assignPublicIp,
      securityGroupId: this.network.securityGroupId,
      nodeRole: { roleArn: this.nodes.role.roleArn, roleId: this.nodes.role.roleId },
      nodeAssets: new NodeAssets(this, 'NodeAssets'),
      defaultTags: props.defaultTags ?? {},
      reaping: reapingOf(props),
      budgets: this.budgets,
    };
  }

  #machineResources(replacementMachineArn: string): MachineResources {
    const { stateMachineArn, stateMachineName } = this.stateMachine;
    const executionArns = Stack.of(this).formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${stateMachineName}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    return { stateMachineArn, executionArns, replacementMachineArn };
  }

  #createFunctions<N extends FunctionName, R>(
    table: { readonly [K in N]: (resources: R) => FunctionSettings<K> },
    resources: R,
  ) {
    const entries = (Object.keys(table) as N[]).map(
      (functionName) => [functionName, this.#createFunction(functionName, table[functionName](resources))] as const,
    );
    return Object.fromEntries<IFunction>(entries) as Record<N, IFunction>;
  }

  #createFunction<N extends FunctionName>(functionName: N, settings: FunctionSettings<N>): IFunction {
    const retries = ASYNCHRONOUS_RETRIES[functionName];
    const props: ControlFunctionProps = {
      functionName,
      ...settings,
      ...(retries === undefined ? {} : { failures: { queue: this.deadLetterQueue, retries } }),
    };
    return new ControlFunction(this, pascalCase(functionName), props).lambda;
  }

  #createTopic(props: TrainingControlPlaneProps): Topic {
    const { alertEmail, slackWebhookParameter, notifyResumed = false } = props;
    const { parameterPrefix = DEFAULT_PARAMETER_PREFIX } = props;
    const alerts = new AlertTopic(this, 'Alerts', { notifyResumed });
    if (alertEmail !== undefined) alerts.subscribeEmail(alertEmail);
    if (slackWebhookParameter === undefined) return alerts.topic;
    if (slackWebhookParameter.startsWith(parameterPrefix)) {
      throw new Error(`slackWebhookParameter: nodes may read everything below ${parameterPrefix}`);
    }
    alerts.subscribeFunction(this.#createFunction('notify-slack', notifySlack(slackWebhookParameter)));
    return alerts.topic;
  }

  #createDeadLetterQueue(): Queue {
    return new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(DEAD_LETTER_DAYS),
    });
  }
}

function reapingOf(props: TrainingControlPlaneProps): ReapingSettings {
  return {
    zombieMinAgeMinutes: props.zombieMinAgeMinutes ?? DEFAULT_ZOMBIE_MIN_AGE_MINUTES,
    reapDryRun: props.reapDryRun ?? false,
    checkpointDaysAfterSuccess: props.checkpointDaysAfterSuccess ?? DEFAULT_DAYS_AFTER_SUCCESS,
    checkpointDaysResumable: props.checkpointDaysResumable ?? DEFAULT_DAYS_RESUMABLE,
  };
}

/** plan-job → PlanJob */
function pascalCase(functionName: string): string {
  return functionName.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** By the names that the state machine's definition has for them. */
function byPlaceholder(functions: Readonly<Record<string, IFunction>>): Record<string, IFunction> {
  return Object.fromEntries(Object.entries(functions).map(([name, each]) => [`${pascalCase(name)}Function`, each]));
}
