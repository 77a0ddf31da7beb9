/**
 * The topic that every alert goes to, and who reads it. Not encrypted at rest: CloudWatch's alarms cannot publish to a
 * topic under the AWS-managed key, and a key of its own costs $1 a month (docs/decisions/006). TLS is enforced.
 */
import { Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SubscriptionFilter, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription, LambdaSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { NotificationKind } from '../core/notifications/notification';

/** Nothing is asked of anybody when a session went on by itself. */
const QUIET: readonly NotificationKind[] = ['session-resumed'];

export interface AlertTopicProps {
  /** Also of what is quiet by default. */
  readonly notifyResumed: boolean;
}

export class AlertTopic extends Construct {
  readonly topic: Topic;
  readonly #filterPolicy: Record<string, SubscriptionFilter> | undefined;

  constructor(scope: Construct, id: string, { notifyResumed }: AlertTopicProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', { displayName: 'runctl', enforceSSL: true });
    this.topic.addToResourcePolicy(publishByAlarms(this.topic.topicArn, Stack.of(this).account));
    this.#filterPolicy = notifyResumed ? undefined : { kind: new SubscriptionFilter(loudKinds()) };
  }

  subscribeEmail(address: string): void {
    this.topic.addSubscription(new EmailSubscription(address, this.#filter()));
  }

  /** Lambda tries an event that the function failed on again, and then puts it into the function's dead-letter queue. */
  subscribeFunction(lambda: IFunction): void {
    this.topic.addSubscription(new LambdaSubscription(lambda, this.#filter()));
  }

  #filter() {
    return this.#filterPolicy === undefined ? {} : { filterPolicy: this.#filterPolicy };
  }
}

/** Alarms of CloudWatch carry no attribute: `anything-but` alone would hold them back. */
function loudKinds(): unknown[] {
  return [{ exists: false }, { 'anything-but': QUIET }];
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html */
function publishByAlarms(topicArn: string, account: string): PolicyStatement {
  return new PolicyStatement({
    sid: 'AllowAlarmsOfThisAccount',
    effect: Effect.ALLOW,
    principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
    actions: ['sns:Publish'],
    resources: [topicArn],
    conditions: { StringEquals: { 'aws:SourceAccount': account } },
  });
}
