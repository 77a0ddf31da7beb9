/** An instance as EC2 describes it, in the words of the domain. */
import type { Instance } from '@aws-sdk/client-ec2';
import { z } from 'zod';
import type { InstanceLook } from '../core/ports';
import { TAG } from '../core/tags';

const stateSchema = z.enum(['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated']);

/** Undefined when EC2 leaves out what it always says. */
export function instanceLook(instance: Instance): InstanceLook | undefined {
  const { InstanceId: instanceId, LaunchTime, State } = instance;
  const state = stateSchema.safeParse(State?.Name);
  if (instanceId === undefined || LaunchTime === undefined || !state.success) return undefined;
  const tag = (key: string) => instance.Tags?.find(({ Key }) => Key === key)?.Value ?? null;
  const attempt = tag(TAG.attempt);
  return {
    instanceId,
    instanceType: instance.InstanceType ?? 'unknown',
    zone: instance.Placement?.AvailabilityZone ?? 'unknown',
    privateAddress: instance.PrivateIpAddress ?? null,
    hasPublicAddress: publicAddressOf(instance, state.data),
    launchedAt: LaunchTime.toISOString(),
    sessionId: tag(TAG.sessionId),
    attempt: attempt === null || !/^\d+$/.test(attempt) ? null : Number(attempt),
    state: state.data,
    stateReason: instance.StateReason?.Code ?? null,
    endedAt: endOf(instance),
    market: instance.InstanceLifecycle === 'spot' ? 'spot' : 'on-demand',
  };
}

/** An address is there once the instance is; it is gone with it, which says nothing about its life. */
function publicAddressOf({ PublicIpAddress }: Instance, state: InstanceLook['state']): boolean | null {
  if (PublicIpAddress !== undefined) return true;
  return state === 'running' ? false : null;
}

/**
 * `User initiated (2026-11-23 12:00:00 GMT)`; often without a time
 * (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html, reason).
 */
function endOf({ StateTransitionReason: reason }: Instance): string | null {
  const [, day, time] = /\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:GMT|UTC)\)/.exec(reason ?? '') ?? [];
  return day === undefined ? null : `${day}T${time}.000Z`;
}
