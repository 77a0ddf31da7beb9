/** SNS, SQS, EventBridge, Lambda and Step Functions. */
import { ANY, arnIn, one } from './arns';
import type { CallChecks, ServiceCalls } from './service-calls';

type Input = Readonly<Record<string, unknown>>;

const onAny =
  (action: string): CallChecks =>
  () =>
    one(action, ANY);

/** By the ARN that the request has. */
const onArn =
  (action: string, member: string): CallChecks =>
  (input: Input) =>
    one(action, String(input[member] ?? ''));

const onQueue =
  (action: string): CallChecks =>
  ({ QueueUrl = '', QueueName }: { QueueUrl?: string; QueueName?: string }, account) =>
    one(action, arnIn(account, 'sqs', QueueName ?? QueueUrl.split('/').at(-1) ?? ''));

const onRule =
  (action: string): CallChecks =>
  ({ Name, Rule }: { Name?: string; Rule?: string }, account) =>
    one(action, arnIn(account, 'events', `rule/${Name ?? Rule}`));

const onBus =
  (action: string): CallChecks =>
  (_input, account) =>
    one(action, arnIn(account, 'events', 'event-bus/default'));

/** Of a name, `name:qualifier`, a partial ARN or an ARN; the qualifier is not part of what is asked. */
const onFunction =
  (action: string): CallChecks =>
  ({ FunctionName = '' }: { FunctionName?: string }, account) => {
    const name = /(?:^|:)function:([^:]+)/.exec(FunctionName)?.[1] ?? FunctionName.split(':')[0];
    return one(action, arnIn(account, 'lambda', `function:${name}`));
  };

const onSubscription =
  (action: string): CallChecks =>
  ({ SubscriptionArn = '' }: { SubscriptionArn?: string }) =>
    one(action, SubscriptionArn.split(':').slice(0, 6).join(':'));

const named = (operations: string, check: (action: string) => CallChecks, service: string): ServiceCalls =>
  Object.fromEntries(operations.split(' ').map((operation) => [operation, check(`${service}:${operation}`)]));

const sns: ServiceCalls = {
  CreateTopic: ({ Name }: { Name?: string }, account) => one('sns:CreateTopic', arnIn(account, 'sns', Name ?? '')),
  ...named('ListTopics ListSubscriptions', onAny, 'sns'),
  ...named(
    'DeleteTopic GetTopicAttributes Publish Subscribe ListSubscriptionsByTopic',
    (action) => onArn(action, 'TopicArn'),
    'sns',
  ),
  ...named('Unsubscribe GetSubscriptionAttributes SetSubscriptionAttributes', onSubscription, 'sns'),
};

const sqs: ServiceCalls = {
  ...named('CreateQueue DeleteQueue GetQueueUrl GetQueueAttributes PurgeQueue', onQueue, 'sqs'),
  ...named('SendMessage ReceiveMessage DeleteMessage ChangeMessageVisibility', onQueue, 'sqs'),
  ...named('ListQueues', onAny, 'sqs'),
};

const events: ServiceCalls = {
  ...named('PutEvents DescribeEventBus', onBus, 'events'),
  ...named('TestEventPattern ListEventBuses ListRules ListRuleNamesByTarget', onAny, 'events'),
  ...named('PutRule DeleteRule DescribeRule EnableRule DisableRule', onRule, 'events'),
  ...named('PutTargets RemoveTargets ListTargetsByRule', onRule, 'events'),
};

const lambda: ServiceCalls = {
  Invoke: onFunction('lambda:InvokeFunction'),
  ...named('GetFunction GetFunctionConfiguration', onFunction, 'lambda'),
  ListFunctions: onAny('lambda:ListFunctions'),
};

const onMachine = (action: string) => onArn(action, 'stateMachineArn');
const onExecution = (action: string) => onArn(action, 'executionArn');

const states: ServiceCalls = {
  CreateStateMachine: ({ name }: { name?: string }, account) =>
    one('states:CreateStateMachine', arnIn(account, 'states', `stateMachine:${name}`)),
  ...named('UpdateStateMachine DeleteStateMachine DescribeStateMachine', onMachine, 'states'),
  ...named('StartExecution ListExecutions', onMachine, 'states'),
  ...named('StopExecution DescribeExecution DescribeStateMachineForExecution', onExecution, 'states'),
  ...named('GetExecutionHistory', onExecution, 'states'),
  ...named('TagResource UntagResource ListTagsForResource', (action) => onArn(action, 'resourceArn'), 'states'),
  // Task tokens are no resources: who may answer one task may answer each whose token it has.
  ...named('SendTaskSuccess SendTaskFailure SendTaskHeartbeat', onAny, 'states'),
  ...named('ListStateMachines ValidateStateMachineDefinition', onAny, 'states'),
};

export const messagingCalls: Readonly<Record<string, ServiceCalls>> = { sns, sqs, events, lambda, states };
