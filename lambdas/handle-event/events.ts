/**
 * The events that wake handle-event, as AWS documents them
 * (https://docs.aws.amazon.com/eventbridge/latest/ref/events.html), and what each says. What they say of themselves is
 * trusted only as far as EventBridge vouches for it: the source is AWS's own, except for Stop Requested.
 */

import { EventBridgeSchema } from '@aws-lambda-powertools/parser/schemas/eventbridge';
import { z } from 'zod';
import type { NodeFacts } from '../../core/decide/facts';
import { SESSION_ID_PATTERN } from '../../core/job/job-spec';
import { FINAL_PREFIX, instanceIdOf } from '../../core/s3-layout';
import { STOP_REQUESTED } from '../../core/stop-event';

/** What an event is about. */
export type EventSubject =
  | { kind: 'instance'; instanceId: string; facts: NodeFacts; commandId?: string }
  | { kind: 'execution'; sessionId: string; executionArn: string; status: string }
  | { kind: 'stop'; sessionId: string; by: string; immediate: boolean }
  | { kind: 'ignored' };

const instanceId = z.string().regex(/^i-[0-9a-f]{8,17}$/);

const warning = EventBridgeSchema.extend({
  source: z.literal('aws.ec2'),
  'detail-type': z.literal('EC2 Spot Instance Interruption Warning'),
  detail: z.object({ 'instance-id': instanceId, 'instance-action': z.string() }),
});

const rebalance = EventBridgeSchema.extend({
  source: z.literal('aws.ec2'),
  'detail-type': z.literal('EC2 Instance Rebalance Recommendation'),
  detail: z.object({ 'instance-id': instanceId }),
});

const stateChange = EventBridgeSchema.extend({
  source: z.literal('aws.ec2'),
  'detail-type': z.literal('EC2 Instance State-change Notification'),
  detail: z.object({
    'instance-id': instanceId,
    state: z.enum(['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated']),
  }),
});

const invocation = EventBridgeSchema.extend({
  source: z.literal('aws.ssm'),
  'detail-type': z.literal('EC2 Command Invocation Status-change Notification'),
  detail: z.object({ 'instance-id': instanceId, 'command-id': z.string(), status: z.string() }),
});

const objectCreated = EventBridgeSchema.extend({
  source: z.literal('aws.s3'),
  'detail-type': z.literal('Object Created'),
  detail: z.object({ object: z.object({ key: z.string().max(1024) }) }),
});

const execution = EventBridgeSchema.extend({
  source: z.literal('aws.states'),
  'detail-type': z.literal('Step Functions Execution Status Change'),
  detail: z.object({ executionArn: z.string(), name: z.string().min(1).max(80), status: z.string() }),
});

const stop = EventBridgeSchema.extend({
  source: z.literal('runctl'),
  'detail-type': z.literal(STOP_REQUESTED),
  detail: z.object({ sessionId: z.string().regex(SESSION_ID_PATTERN), now: z.boolean().default(false) }),
});

const eventSchema = z.discriminatedUnion('detail-type', [
  warning,
  rebalance,
  stateChange,
  invocation,
  objectCreated,
  execution,
  stop,
]);

/** SSM's ends of an invocation that are no success. */
const FAILED_COMMAND = ['Failed', 'TimedOut', 'Cancelled', 'Undeliverable', 'Terminated', 'DeliveryTimedOut'];

/** Undefined when the event is malformed. */
export function parseEvent(event: unknown): EventSubject | undefined {
  const parsed = eventSchema.safeParse(event);
  if (!parsed.success) return undefined;
  return subjectOf(parsed.data);
}

function subjectOf(event: z.infer<typeof eventSchema>): EventSubject {
  switch (event['detail-type']) {
    case 'EC2 Spot Instance Interruption Warning':
      return instance(event.detail, { noticeAt: new Date(event.time).toISOString() });
    case 'EC2 Instance Rebalance Recommendation':
      return instance(event.detail, { rebalanceAt: new Date(event.time).toISOString() });
    case 'EC2 Instance State-change Notification':
      return instance(event.detail, { state: event.detail.state });
    case 'EC2 Command Invocation Status-change Notification':
      return FAILED_COMMAND.includes(event.detail.status.replaceAll(' ', ''))
        ? { ...instance(event.detail, { commandFailure: event.detail.status }), commandId: event.detail['command-id'] }
        : { kind: 'ignored' };
    case 'Object Created':
      return finalObject(event.detail.object.key);
    case 'Step Functions Execution Status Change':
      return { kind: 'execution', sessionId: event.detail.name, ...statusOf(event.detail) };
    case STOP_REQUESTED:
      return { kind: 'stop', sessionId: event.detail.sessionId, by: 'a stop request', immediate: event.detail.now };
  }
}

function instance(detail: { 'instance-id': string }, facts: NodeFacts) {
  return { kind: 'instance' as const, instanceId: detail['instance-id'], facts };
}

function statusOf({ executionArn, status }: { executionArn: string; status: string }) {
  return { executionArn, status };
}

/** `final/<role id>:<instance id>.json`: who wrote it stands in the key, which the node's policy enforces. */
function finalObject(key: string): EventSubject {
  const decoded = key.includes('%') ? decodeKey(key) : key;
  const isFinal = decoded.startsWith(FINAL_PREFIX) && decoded.endsWith('.json');
  const id = isFinal ? instanceIdOf(decoded.slice(FINAL_PREFIX.length, -'.json'.length)) : undefined;
  return id === undefined ? { kind: 'ignored' } : { kind: 'instance', instanceId: id, facts: {} };
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
