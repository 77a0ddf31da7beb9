/** Launching, finding and terminating instances. */
import {
  CreateFleetCommand,
  type CreateFleetCommandOutput,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  type EC2Client,
  type Filter,
  type Instance,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { Clock, Fleet, InstanceLook, LaunchedInstance } from '../core/ports';
import type { LaunchRequest, PoolError } from '../core/session/session';
import { CREATED_BY, TAG } from '../core/tags';
import { iso } from '../core/time';
import { createFleetInput } from './create-fleet-input';
import { codeOf, hasCode, httpStatusOf, isRetryable, translate } from './errors';
import { instanceLook } from './instance-look';
import { chunks, collect, pages } from './pages';

/** Of TerminateInstances, and of instance ids in one filter or call. */
const IDS_PER_CALL = 200;
/** DescribeInstances is eventually consistent: looks at fresh instances, and the pause between two. */
const FRESH_LOOKS = 4;
const FRESH_PAUSE_MS = 700;
/** Errors of many pools are kept in one record. */
const MESSAGE_LENGTH = 300;

export interface FleetOptions {
  client: EC2Client;
  clock: Clock;
  /** Only launch() needs it. */
  launchTemplateId?: string;
  pause?: (delayMs: number) => Promise<void>;
}

export class Ec2Fleet implements Fleet {
  constructor(private readonly options: FleetOptions) {}

  async launch(request: LaunchRequest): Promise<{ instances: LaunchedInstance[]; errors: PoolError[] }> {
    const { client, launchTemplateId } = this.options;
    if (launchTemplateId === undefined) throw new Error('This function may not launch instances.');
    try {
      const answer = await client.send(new CreateFleetCommand(createFleetInput(request, launchTemplateId)));
      const instances = await this.#fresh(launchedIn(answer, this.options.clock.now()));
      return { instances, errors: poolErrors(answer, request) };
    } catch (error) {
      const isRefusal = !isRetryable(error) && (httpStatusOf(error) ?? 500) < 500;
      if (!isRefusal) throw translate(error);
      return { instances: [], errors: [refusal(error, request)] };
    }
  }

  async terminate(instanceIds: readonly string[]): Promise<void> {
    for (const ids of chunks([...new Set(instanceIds)], IDS_PER_CALL)) await this.#terminateChunk(ids);
  }

  /** One id that EC2 does not know fails the whole call: then only those that it still shows are terminated. */
  async #terminateChunk(ids: string[]): Promise<void> {
    const { client } = this.options;
    try {
      await client.send(new TerminateInstancesCommand({ InstanceIds: ids }));
    } catch (error) {
      if (!hasCode(error, 'InvalidInstanceID.NotFound', 'InvalidInstanceID.Malformed')) throw translate(error);
      const known = (await this.#describe([{ Name: 'instance-id', Values: ids }])).flatMap(({ InstanceId: id }) =>
        id === undefined ? [] : [id],
      );
      if (known.length > 0) await client.send(new TerminateInstancesCommand({ InstanceIds: known }));
    }
  }

  async look(sessionId?: string): Promise<InstanceLook[]> {
    const filters = [{ Name: `tag:${TAG.createdBy}`, Values: [CREATED_BY] }];
    if (sessionId !== undefined) filters.push({ Name: `tag:${TAG.sessionId}`, Values: [sessionId] });
    return (await this.#describe(filters)).flatMap((instance) => instanceLook(instance) ?? []);
  }

  async find(instanceId: string): Promise<InstanceLook | undefined> {
    const [instance] = await this.#describe([{ Name: 'instance-id', Values: [instanceId] }]);
    return instance && instanceLook(instance);
  }

  /** By filter: named directly, one instance that is gone would fail the call for all. */
  async impaired(instanceIds: readonly string[]): Promise<Set<string>> {
    const asked = new Set(instanceIds);
    const impaired = new Set<string>();
    for (const check of ['instance-status.status', 'system-status.status']) {
      const statuses = pages(async (token) => {
        const { InstanceStatuses: items, NextToken: next } = await this.options.client.send(
          new DescribeInstanceStatusCommand({
            Filters: [{ Name: check, Values: ['impaired'] }],
            ...(token === undefined ? {} : { NextToken: token }),
          }),
        );
        return { items, next };
      });
      for await (const { InstanceId: id } of statuses) if (id !== undefined && asked.has(id)) impaired.add(id);
    }
    return impaired;
  }

  /** Filters, not ids: a fresh id that is not visible yet would be an error. */
  #describe(filters: Filter[]): Promise<Instance[]> {
    const { client } = this.options;
    const reservations = pages(async (token) => {
      const { Reservations: items, NextToken: next } = await client.send(
        new DescribeInstancesCommand({
          Filters: filters,
          MaxResults: 1000,
          ...(token === undefined ? {} : { NextToken: token }),
        }),
      );
      return { items: items?.flatMap(({ Instances }) => Instances ?? []), next };
    });
    return collect(reservations);
  }

  /** Fills in what CreateFleet does not say (address, zone), as far as EC2 shows it by now. */
  async #fresh(launched: LaunchedInstance[]): Promise<LaunchedInstance[]> {
    const ids = launched.map(({ instanceId }) => instanceId);
    const pause = this.options.pause ?? ((delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)));
    const seen = new Map<string, LaunchedInstance>();
    for (let look = 0; look < FRESH_LOOKS && seen.size < ids.length; look++) {
      if (look > 0) await pause(FRESH_PAUSE_MS);
      for (const values of chunks(ids, IDS_PER_CALL)) {
        for (const instance of await this.#describe([{ Name: 'instance-id', Values: values }])) {
          const found = instanceLook(instance);
          if (found && isComplete(found)) seen.set(found.instanceId, found);
        }
      }
    }
    return launched.map((instance) => {
      const found = seen.get(instance.instanceId);
      if (found === undefined) return instance;
      const { instanceId, instanceType, zone, privateAddress, hasPublicAddress, launchedAt } = found;
      return { instanceId, instanceType, zone, privateAddress, hasPublicAddress, launchedAt };
    });
  }
}

/** An address comes a moment later; one that EC2 took back at once has none any more. */
function isComplete({ privateAddress, state }: InstanceLook): boolean {
  return privateAddress !== null || !['pending', 'running'].includes(state);
}

function launchedIn({ Instances }: CreateFleetCommandOutput, now: number): LaunchedInstance[] {
  return (Instances ?? []).flatMap(({ InstanceIds, InstanceType, LaunchTemplateAndOverrides }) =>
    (InstanceIds ?? []).map((instanceId) => ({
      instanceId,
      instanceType: InstanceType ?? LaunchTemplateAndOverrides?.Overrides?.InstanceType ?? 'unknown',
      zone: LaunchTemplateAndOverrides?.Overrides?.AvailabilityZone ?? 'unknown',
      privateAddress: null,
      hasPublicAddress: null,
      launchedAt: iso(now),
    })),
  );
}

function poolErrors({ Errors }: CreateFleetCommandOutput, request: LaunchRequest): PoolError[] {
  return (Errors ?? []).map(({ ErrorCode, ErrorMessage, LaunchTemplateAndOverrides }) => ({
    instanceType: LaunchTemplateAndOverrides?.Overrides?.InstanceType ?? null,
    zone:
      LaunchTemplateAndOverrides?.Overrides?.AvailabilityZone ??
      LaunchTemplateAndOverrides?.Overrides?.SubnetId ??
      null,
    market: request.market,
    code: ErrorCode ?? 'Unknown',
    message: (ErrorMessage ?? 'EC2 gave no reason.').slice(0, MESSAGE_LENGTH),
  }));
}

/** EC2 refused the whole call. */
function refusal(error: unknown, { market }: LaunchRequest): PoolError {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, MESSAGE_LENGTH);
  return { instanceType: null, zone: null, market, code: codeOf(error), message };
}
