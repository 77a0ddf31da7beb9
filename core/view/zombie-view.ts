/** What is on the bill that no session accounts for, as the reaper sees it. */
import { ms, SECOND_MS } from '../time';
import { type Pass, suspect, type ZombieMark, type ZombieReason } from '../zombies/judge';
import { type BilledResource, isProtected, sessionIdOf } from '../zombies/resource';

export interface ZombieView {
  resourceId: string;
  kind: BilledResource['kind'];
  /** Instance type, or size of a volume. */
  what: string;
  zone: string;
  state: string;
  ageSeconds: number;
  sessionId: string | null;
  reason: ZombieReason;
  isProtected: boolean;
  /** When the reaper marked it; null: it has not yet. ISO 8601. */
  markedAt: string | null;
  resource: BilledResource;
}

export interface ZombieSources {
  resources: readonly BilledResource[];
  /** Session ids that have a record. */
  recorded: ReadonlySet<string>;
  marks: readonly ZombieMark[];
  pass: Pass;
}

/** The oldest first. */
export function zombieViews({ resources, recorded, marks, pass }: ZombieSources): ZombieView[] {
  const marked = new Map(marks.map((mark) => [mark.resource.resourceId, mark]));
  const views = resources.flatMap((resource): ZombieView[] => {
    const sessionId = sessionIdOf(resource);
    const reason = suspect(resource, sessionId !== null && recorded.has(sessionId), pass);
    if (reason === null) return [];
    const { resourceId, kind, zone, state, createdAt } = resource;
    return [
      {
        ...{ resourceId, kind, zone, state, sessionId, reason, resource },
        what: resource.kind === 'instance' ? resource.instanceType : `${resource.sizeGiB} GiB`,
        ageSeconds: Math.max(0, (pass.now - ms(createdAt)) / SECOND_MS),
        isProtected: isProtected(resource),
        markedAt: marked.get(resourceId)?.markedAt ?? null,
      },
    ];
  });
  return views.sort((a, b) => b.ageSeconds - a.ageSeconds);
}
