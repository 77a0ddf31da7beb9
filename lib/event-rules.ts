/**
 * What wakes handle-event. All events but S3's are best effort at the source; reconcile finds within a minute or so what
 * an event did not say.
 */
import { Duration } from 'aws-cdk-lib';
import { type EventPattern, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { FINAL_PREFIX } from '../core/s3-layout';
import { STOP_REQUESTED } from '../core/stop-event';

export interface EventRulesProps {
  readonly handleEvent: IFunction;
  /** Takes events that could not be delivered. */
  readonly deadLetterQueue: IQueue;
  readonly bucketName: string;
  readonly documentName: string;
  readonly stateMachineArn: string;
}

/** Deliveries that came later would tell nothing new. */
const MAX_EVENT_AGE = Duration.hours(1);
const RETRIES = 10;

export class EventRules extends Construct {
  constructor(scope: Construct, id: string, props: EventRulesProps) {
    super(scope, id);
    const target = new LambdaFunction(props.handleEvent, {
      deadLetterQueue: props.deadLetterQueue,
      retryAttempts: RETRIES,
      maxEventAge: MAX_EVENT_AGE,
    });
    for (const [name, { description, ...eventPattern }] of Object.entries(patterns(props))) {
      new Rule(this, name, { description, eventPattern, targets: [target] });
    }
  }
}

function patterns(props: EventRulesProps): Record<string, EventPattern & { description: string }> {
  return {
    SpotWarning: {
      description: 'Spot interruption notices and rebalance recommendations',
      source: ['aws.ec2'],
      detailType: ['EC2 Spot Instance Interruption Warning', 'EC2 Instance Rebalance Recommendation'],
    },
    InstanceEnding: {
      description: 'Instances that stop or are gone',
      source: ['aws.ec2'],
      detailType: ['EC2 Instance State-change Notification'],
      detail: { state: ['stopping', 'stopped', 'shutting-down', 'terminated'] },
    },
    StartFailed: {
      description: 'The agent could not be started',
      source: ['aws.ssm'],
      detailType: ['EC2 Command Invocation Status-change Notification'],
      detail: { 'document-name': [props.documentName], status: ['Failed', 'TimedOut', 'Cancelled'] },
    },
    FinalStatus: {
      description: 'A node reports a notice or its end',
      source: ['aws.s3'],
      detailType: ['Object Created'],
      detail: { bucket: { name: [props.bucketName] }, object: { key: [{ prefix: FINAL_PREFIX }] } },
    },
    ExecutionEnded: {
      description: 'Executions that could not clean up after themselves',
      source: ['aws.states'],
      detailType: ['Step Functions Execution Status Change'],
      detail: { stateMachineArn: [props.stateMachineArn], status: ['ABORTED', 'TIMED_OUT', 'FAILED'] },
    },
    StopRequested: {
      description: 'A user asks for a stop',
      source: ['runctl'],
      detailType: [STOP_REQUESTED],
    },
  };
}
