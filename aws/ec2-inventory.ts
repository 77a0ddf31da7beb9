/** What EC2 bills that carries runctl's tag: instances, and volumes attached to nothing. */
import {
  DeleteVolumeCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type Filter,
  type Instance,
  type Tag,
  type Volume,
} from '@aws-sdk/client-ec2';
import type { Fleet, Inventory, Page } from '../core/ports';
import { CREATED_BY, TAG } from '../core/tags';
import {
  type BilledInstance,
  type BilledResource,
  type BilledVolume,
  type ResourceKind,
  STANDING_STATES,
} from '../core/zombies/resource';
import { hasCode } from './errors';
import { chunks } from './pages';

/** Values of one filter. */
const IDS_PER_CALL = 200;
/** The most that the calls give: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html */
const PAGE_SIZE = { instance: 1000, volume: 500 } as const;
const STATE_FILTER = { instance: 'instance-state-name', volume: 'status' } as const;
const ID_FILTER = { instance: 'instance-id', volume: 'volume-id' } as const;
const ID_PREFIX = { instance: 'i-', volume: 'vol-' } as const;
const KINDS = ['instance', 'volume'] as const satisfies readonly ResourceKind[];

export class Ec2Inventory implements Inventory {
  constructor(
    private readonly client: EC2Client,
    private readonly fleet: Pick<Fleet, 'terminate'>,
  ) {}

  async page(kind: ResourceKind, token: string | undefined): Promise<Page<BilledResource>> {
    const filters = [
      { Name: `tag:${TAG.createdBy}`, Values: [CREATED_BY] },
      { Name: STATE_FILTER[kind], Values: [...STANDING_STATES[kind]] },
    ];
    try {
      return await this.#describe(kind, filters, token);
    } catch (error) {
      const isRefused = hasCode(error, 'InvalidParameterValue', 'InvalidNextToken', 'InvalidPaginationToken');
      if (token === undefined || !isRefused) throw error;
      return this.#describe(kind, filters, undefined);
    }
  }

  /** By filter: named directly, one that is gone would fail the call for all. */
  async find(resourceIds: readonly string[]): Promise<BilledResource[]> {
    const found: BilledResource[] = [];
    for (const kind of KINDS) {
      const ids = resourceIds.filter((id) => id.startsWith(ID_PREFIX[kind]));
      for (const Values of chunks(ids, IDS_PER_CALL)) {
        let token: string | undefined;
        do {
          const { items, next } = await this.#describe(kind, [{ Name: ID_FILTER[kind], Values }], token);
          found.push(...items);
          token = next;
        } while (token !== undefined);
      }
    }
    return found;
  }

  async end(resources: readonly BilledResource[]): Promise<void> {
    const idsOf = (kind: ResourceKind) =>
      resources.filter((each) => each.kind === kind).map(({ resourceId }) => resourceId);
    const failures: unknown[] = [];
    const attempt = (work: Promise<void>) => work.catch((error: unknown) => void failures.push(error));
    await this.#terminate(idsOf('instance'), attempt);
    for (const id of idsOf('volume')) await attempt(this.#deleteVolume(id));
    if (failures.length > 0) throw failures[0];
  }

  /** One instance that EC2 refuses to end (termination protection) fails the call for all: then each by itself. */
  async #terminate(ids: readonly string[], attempt: (work: Promise<void>) => Promise<void>): Promise<void> {
    for (const group of chunks(ids, IDS_PER_CALL)) {
      try {
        await this.fleet.terminate(group);
      } catch {
        for (const id of group) await attempt(this.fleet.terminate([id]));
      }
    }
  }

  async #deleteVolume(VolumeId: string): Promise<void> {
    try {
      await this.client.send(new DeleteVolumeCommand({ VolumeId }));
    } catch (error) {
      if (!hasCode(error, 'InvalidVolume.NotFound')) throw error;
    }
  }

  async #describe(kind: ResourceKind, Filters: Filter[], token: string | undefined): Promise<Page<BilledResource>> {
    const input = { Filters, MaxResults: PAGE_SIZE[kind], ...(token === undefined ? {} : { NextToken: token }) };
    if (kind === 'instance') {
      const { Reservations, NextToken } = await this.client.send(new DescribeInstancesCommand(input));
      const instances = (Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
      return { items: instances.flatMap((each) => billedInstance(each) ?? []), next: NextToken || undefined };
    }
    const { Volumes, NextToken } = await this.client.send(new DescribeVolumesCommand(input));
    return { items: (Volumes ?? []).flatMap((each) => billedVolume(each) ?? []), next: NextToken || undefined };
  }
}

/** Undefined when EC2 leaves out what it always says. */
function billedInstance(instance: Instance): BilledInstance | undefined {
  const { InstanceId, LaunchTime, State } = instance;
  if (InstanceId === undefined || LaunchTime === undefined || State?.Name === undefined) return undefined;
  return {
    kind: 'instance',
    resourceId: InstanceId,
    instanceType: instance.InstanceType ?? 'unknown',
    market: instance.InstanceLifecycle === 'spot' ? 'spot' : 'on-demand',
    zone: instance.Placement?.AvailabilityZone ?? 'unknown',
    state: State.Name,
    createdAt: LaunchTime.toISOString(),
    tags: ownTags(instance.Tags),
  };
}

function billedVolume(volume: Volume): BilledVolume | undefined {
  const { VolumeId, CreateTime, State } = volume;
  if (VolumeId === undefined || CreateTime === undefined || State === undefined) return undefined;
  return {
    kind: 'volume',
    resourceId: VolumeId,
    volumeType: volume.VolumeType ?? 'unknown',
    sizeGiB: volume.Size ?? 0,
    zone: volume.AvailabilityZone ?? 'unknown',
    state: State,
    createdAt: CreateTime.toISOString(),
    tags: ownTags(volume.Tags),
  };
}

const OWN_KEYS: readonly string[] = Object.values(TAG);

function ownTags(tags: readonly Tag[] | undefined): Record<string, string> {
  return Object.fromEntries(
    (tags ?? []).flatMap(({ Key, Value }) => (Key !== undefined && OWN_KEYS.includes(Key) ? [[Key, Value ?? '']] : [])),
  );
}
