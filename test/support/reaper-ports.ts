/** What the reaper sees and keeps, in memory. */

import { nextRetentionAt } from '../../core/checkpoints/retention';
import type { Inventory, Page, SessionRegister, ZombieMarks } from '../../core/ports';
import type { Session } from '../../core/session/session';
import type { ReapSettings, ZombieMark } from '../../core/zombies/judge';
import {
  type BilledInstance,
  type BilledResource,
  type BilledVolume,
  type ResourceKind,
  STANDING_STATES,
} from '../../core/zombies/resource';
import { MemoryAlertMarks, MemoryCursors } from './memory-ledgers';
import { type MemorySessions, memoryPorts } from './memory-ports';
import { minutesAgo } from './sessions';

export const TABLE_NAME = 'records';
const TAGS = { CreatedBy: 'runctl', SessionId: 'forgotten-1', ExpiresAt: '2026-12-31T00:00:00.000Z' };

export function anInstance(changes: Partial<BilledInstance> = {}): BilledInstance {
  return {
    kind: 'instance',
    resourceId: 'i-0zombie',
    instanceType: 'g5.xlarge',
    market: 'spot',
    zone: 'us-east-1a',
    state: 'running',
    createdAt: minutesAgo(120),
    ...changes,
    tags: { ...TAGS, ...changes.tags },
  };
}

export function aVolume(changes: Partial<BilledVolume> = {}): BilledVolume {
  return {
    kind: 'volume',
    resourceId: 'vol-0zombie',
    volumeType: 'gp3',
    sizeGiB: 100,
    zone: 'us-east-1a',
    state: 'available',
    createdAt: minutesAgo(120),
    ...changes,
    tags: { ...TAGS, ...changes.tags },
  };
}

export class MemoryInventory implements Inventory {
  readonly resources = new Map<string, BilledResource>();
  readonly ended: string[] = [];
  /** Fails the next end, before it does anything. */
  failure: Error | undefined;
  pageSize = 1000;

  put(...resources: BilledResource[]): void {
    for (const each of resources) this.resources.set(each.resourceId, each);
  }

  async page(kind: ResourceKind, token: string | undefined): Promise<Page<BilledResource>> {
    const all = [...this.resources.values()].filter(
      (each) => each.kind === kind && each.tags['CreatedBy'] === 'runctl' && STANDING_STATES[kind].includes(each.state),
    );
    const start = Number(token ?? 0);
    const end = start + this.pageSize;
    return { items: all.slice(start, end), next: end < all.length ? String(end) : undefined };
  }

  async find(ids: readonly string[]): Promise<BilledResource[]> {
    return ids.flatMap((id) => this.resources.get(id) ?? []);
  }

  /** A volume is gone at once, an instance is shown as terminated for a while. */
  async end(resources: readonly BilledResource[]): Promise<void> {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    for (const each of resources) {
      this.ended.push(each.resourceId);
      if (each.kind === 'volume') this.resources.delete(each.resourceId);
      else this.put({ ...each, state: 'terminated' });
    }
  }
}

export class MemoryRegister implements SessionRegister {
  readonly asked: string[] = [];
  constructor(private readonly sessions: MemorySessions) {}

  async *openIds(): AsyncGenerator<string> {
    for (const { sessionId, releasedAt } of this.sessions.records.values()) if (releasedAt === null) yield sessionId;
  }

  async known(ids: readonly string[]): Promise<Set<string>> {
    this.asked.push(...ids);
    return new Set(ids.filter((id) => this.sessions.records.has(id)));
  }

  async *dueForRetention(until: string): AsyncGenerator<string> {
    const due = [...this.sessions.records.values()].filter((session) => (nextRetentionAt(session) ?? '~') <= until);
    for (const { sessionId } of due) yield sessionId;
  }
}

export class MemoryMarks implements ZombieMarks {
  readonly marks = new Map<string, ZombieMark>();
  /** Fails the next put. */
  failure: Error | undefined;

  async page(): Promise<Page<ZombieMark>> {
    return { items: [...this.marks.values()], next: undefined };
  }
  async marked(ids: readonly string[]): Promise<Set<string>> {
    return new Set(ids.filter((id) => this.marks.has(id)));
  }
  async put(mark: ZombieMark): Promise<void> {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    this.marks.set(mark.resource.resourceId, mark);
  }
  async remove(resourceId: string): Promise<void> {
    this.marks.delete(resourceId);
  }
}

const SETTINGS: ReapSettings = { minAgeMinutes: 15, isDryRun: false, tableName: TABLE_NAME };

/** Everything that the reaper works on, with these sessions on record. */
export function reaperPorts(...sessions: Session[]) {
  const ports = memoryPorts(...sessions);
  const counts: Record<string, number> = {};
  return {
    ...ports,
    inventory: new MemoryInventory(),
    register: new MemoryRegister(ports.sessions),
    marks: new MemoryMarks(),
    cursors: new MemoryCursors(),
    alerts: new MemoryAlertMarks(ports.clock),
    settings: SETTINGS,
    retention: { daysAfterSuccess: 14, daysResumable: 90 },
    hasTime: () => true,
    counts,
    count: (metric: string, value = 1) => {
      counts[metric] = (counts[metric] ?? 0) + value;
    },
  };
}

export type ReaperPorts = ReturnType<typeof reaperPorts>;
