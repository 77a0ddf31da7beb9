/**
 * Brings one event to one target, as often as the target's retry policy allows, then to its dead-letter queue.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
 */
import type { Target } from '@aws-sdk/client-eventbridge';
import { type Clock, sleep } from '../../clock';
import { AwsError, type CallContext, type Dispatch, type InvokeAsync, LocalUnsupported } from '../../service';
import { queueUrlOfArn } from '../sqs/queue-names';

export interface DeliveryOptions {
  clock: Clock;
  dispatch: Dispatch;
  invokeAsync: InvokeAsync;
  /** As whom a target is called: its own role, or EventBridge for the rule. */
  context: (ruleArn: string, roleArn: string | undefined) => CallContext;
  log: (line: string) => void;
}

export interface Delivery {
  target: Target;
  payload: string;
  ruleArn: string;
}

/** EventBridge's defaults. */
const DEFAULT_ATTEMPTS = 185;
const DEFAULT_AGE_SECONDS = 86_400;
const FIRST_BACKOFF_MS = 1000;
const LONGEST_BACKOFF_MS = 300_000;
/** Trying again cannot help. */
const FINAL_ERRORS = new Set([
  'ResourceNotFoundException',
  'AccessDeniedException',
  'AccessDenied',
  'LocalUnsupported',
]);

/** Never throws: what cannot be delivered goes to the dead-letter queue, or is lost with a log line, as on AWS. */
export async function deliver(options: DeliveryOptions, delivery: Delivery): Promise<void> {
  const { clock } = options;
  const { MaximumRetryAttempts = DEFAULT_ATTEMPTS, MaximumEventAgeInSeconds = DEFAULT_AGE_SECONDS } =
    delivery.target.RetryPolicy ?? {};
  const giveUpAtMs = clock.now() + MaximumEventAgeInSeconds * 1000;
  for (let retries = 0; ; retries++) {
    try {
      return await send(options, delivery);
    } catch (error) {
      const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** retries, LONGEST_BACKOFF_MS);
      const isFinal =
        error instanceof AwsError && (FINAL_ERRORS.has(error.name) || /NotExist|NotFound/.test(error.name));
      if (isFinal || retries >= MaximumRetryAttempts || clock.now() + backoffMs > giveUpAtMs) {
        return giveUp(options, delivery, error);
      }
      await sleep(clock, backoffMs);
    }
  }
}

async function send(options: DeliveryOptions, { target, payload, ruleArn }: Delivery): Promise<void> {
  const { dispatch, invokeAsync } = options;
  const arn = target.Arn ?? '';
  const context = options.context(ruleArn, target.RoleArn);
  switch (arn.split(':')[2]) {
    case 'lambda':
      return invokeAsync(arn, asJson(payload), context.caller);
    case 'sns':
      return void (await dispatch('sns', 'Publish', { TopicArn: arn, Message: payload }, context));
    case 'sqs':
      return void (await dispatch(
        'sqs',
        'SendMessage',
        { QueueUrl: queueUrlOfArn(arn), MessageBody: payload },
        context,
      ));
    case 'states':
      return void (await dispatch('states', 'StartExecution', { stateMachineArn: arn, input: payload }, context));
    default:
      throw new LocalUnsupported('events', `the target ${arn}`);
  }
}

/** A template may also make a plain text. */
function asJson(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return payload;
  }
}

/** @throws LocalUnsupported for a target, or a setting of it, that deliveries would not honour. */
export function checkTarget(target: Target): void {
  const service = target.Arn?.split(':')[2] ?? '';
  if (!['lambda', 'sns', 'sqs', 'states'].includes(service))
    throw new LocalUnsupported('events', `the target ${target.Arn}`);
  const known = ['Id', 'Arn', 'RoleArn', 'Input', 'InputPath', 'InputTransformer', 'RetryPolicy', 'DeadLetterConfig'];
  const unknown = Object.keys(target).find((name) => !known.includes(name));
  if (unknown) throw new LocalUnsupported('events', `the target setting ${unknown}`);
}

async function giveUp(options: DeliveryOptions, { target, payload, ruleArn }: Delivery, error: unknown): Promise<void> {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  options.log(`events: ${target.Arn} did not take an event of ${ruleArn}: ${reason}`);
  const queueArn = target.DeadLetterConfig?.Arn;
  if (!queueArn) return;
  const attribute = (StringValue: string) => ({ DataType: 'String', StringValue });
  const message = {
    QueueUrl: queueUrlOfArn(queueArn),
    MessageBody: payload,
    MessageAttributes: {
      RULE_ARN: attribute(ruleArn),
      TARGET_ARN: attribute(target.Arn ?? ''),
      ERROR_CODE: attribute(error instanceof Error ? error.name : 'Error'),
      ERROR_MESSAGE: attribute(reason),
    },
  };
  await options.dispatch('sqs', 'SendMessage', message, options.context(ruleArn, undefined)).catch((lost: unknown) => {
    options.log(`events: the dead-letter queue ${queueArn} did not take it either: ${lost}`);
  });
}
