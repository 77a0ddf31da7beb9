/**
 * One pass over everything on the bill. First what earlier passes marked is looked at again, and ended if nothing has
 * changed; then what is new is marked. EC2 is read before the records: a record that was there is never missed.
 */
import type { Clock, Cursors, Inventory, SessionRegister, ZombieMarks } from '../../core/ports';
import { isOlderThan, iso } from '../../core/time';
import { judgeMarked, newMark, type Pass, suspect, type ZombieMark, type ZombieStep } from '../../core/zombies/judge';
import { REMIND_AFTER_MS } from '../../core/zombies/report';
import { type BilledResource, type ResourceKind, sessionIdOf } from '../../core/zombies/resource';
import { inParallel } from '../shared/in-parallel';
import { lazy } from '../shared/lazy';
import type { Log } from '../shared/log';
import type { Digests } from './digests';
import { runStages, type Stage } from './stages';

export interface SweepDeps {
  inventory: Inventory;
  register: SessionRegister;
  marks: ZombieMarks;
  cursors: Cursors;
  clock: Clock;
  hasTime: () => boolean;
  count: (metric: string, value?: number) => void;
  log: Log;
}

const WRITES_AT_ONCE = 16;

/** False when time was over before everything was looked at. What EC2 refused to end is thrown after all the rest was done. */
export async function sweep(deps: SweepDeps, pass: Pass, digests: Digests): Promise<boolean> {
  const refusals: unknown[] = [];
  const openIds = lazy(() => collectIds(deps.register.openIds()));
  const discovery = (kind: ResourceKind): Stage => ({
    name: `${kind}s`,
    page: async (token) => {
      const { items, next } = await deps.inventory.page(kind, token);
      await discover({ ...deps, openIds }, items, pass, digests);
      return next;
    },
  });
  const settling: Stage = {
    name: 'marks',
    page: async (token) => {
      const { items, next } = await deps.marks.page(token);
      const ripe = await settle(deps, items, pass, digests);
      await end(deps, ripe).catch((error: unknown) => void refusals.push(error));
      return next;
    },
  };
  const isComplete = await runStages(deps, 'reap-zombies', [settling, discovery('instance'), discovery('volume')]);
  if (refusals.length > 0) throw refusals[0];
  return isComplete;
}

async function collectIds(ids: AsyncIterable<string>): Promise<Set<string>> {
  const all = new Set<string>();
  for await (const id of ids) all.add(id);
  return all;
}

/** Returns those that are to be ended now, the intent recorded. */
async function settle(
  deps: SweepDeps,
  marks: readonly ZombieMark[],
  pass: Pass,
  digests: Digests,
): Promise<ZombieMark[]> {
  if (marks.length === 0) return [];
  const seen = await deps.inventory.find(marks.map(({ resource }) => resource.resourceId));
  const byId = new Map(seen.map((each) => [each.resourceId, each]));
  const known = await deps.register.known(seen.flatMap((each) => sessionIdOf(each) ?? []));
  const steps = marks.map((mark) => {
    const found = byId.get(mark.resource.resourceId);
    const sessionId = found === undefined ? null : sessionIdOf(found);
    return judgeMarked(mark, found, sessionId !== null && known.has(sessionId), pass);
  });
  await putAll(
    deps,
    steps.filter(({ kind, mark }) => isChanged(kind, mark, pass)).map(({ mark }) => mark),
  );
  for (const step of steps) note(step, pass, digests);
  return steps.filter(({ kind }) => kind === 'reap').map(({ mark }) => mark);
}

/** Intents are written before they are acted on. */
function isChanged(kind: ZombieStep['kind'], mark: ZombieMark, { passId, now }: Pass): boolean {
  switch (kind) {
    case 'wait':
      return false;
    case 'renew':
      return true;
    case 'over':
      return mark.end?.passId === passId;
    case 'reap':
      return mark.requestedAt === iso(now);
  }
}

function note({ kind, mark }: ZombieStep, { now }: Pass, digests: Digests): void {
  if (kind === 'over') digests.over(mark);
  else if (mark.toldAt === null) digests.found(mark);
  else if (isOlderThan(mark.foundAt, REMIND_AFTER_MS, now)) digests.left(mark);
}

async function end({ inventory, log, count }: SweepDeps, marks: readonly ZombieMark[]): Promise<void> {
  if (marks.length === 0) return;
  const resources = marks.map(({ resource }) => resource);
  log.warn('Zombies are ended', { resourceIds: resources.map(({ resourceId }) => resourceId) });
  await inventory.end(resources);
  count('ZombiesReaped', marks.length);
}

interface DiscoverDeps extends SweepDeps {
  /** Asked for only when there is something to compare with. */
  openIds: () => Promise<ReadonlySet<string>>;
}

async function discover(
  deps: DiscoverDeps,
  resources: readonly BilledResource[],
  pass: Pass,
  digests: Digests,
): Promise<void> {
  if (resources.length === 0) return;
  const recorded = await recordedAmong(deps, resources);
  const suspects = resources.flatMap((resource) => {
    const sessionId = sessionIdOf(resource);
    const reason = suspect(resource, sessionId !== null && recorded.has(sessionId), pass);
    return reason === null ? [] : [newMark(resource, reason, pass)];
  });
  if (suspects.length === 0) return;
  const marked = await deps.marks.marked(suspects.map(({ resource }) => resource.resourceId));
  const found = suspects.filter(({ resource }) => !marked.has(resource.resourceId));
  await putAll(deps, found);
  for (const mark of found) digests.found(mark);
  if (found.length === 0) return;
  deps.count('ZombiesFound', found.length);
  deps.log.warn('Zombies found', {
    zombies: found.map(({ resource, reason, plan }) => ({ resourceId: resource.resourceId, reason, plan })),
  });
}

/** Open sessions have a record; only the others are asked for, by key. */
async function recordedAmong(
  { register, openIds }: DiscoverDeps,
  resources: readonly BilledResource[],
): Promise<ReadonlySet<string>> {
  const open = await openIds();
  const ids = new Set(resources.flatMap((resource) => sessionIdOf(resource) ?? []));
  const known = await register.known([...ids].filter((id) => !open.has(id)));
  return new Set([...ids].filter((id) => open.has(id) || known.has(id)));
}

async function putAll({ marks: store }: SweepDeps, marks: readonly ZombieMark[]): Promise<void> {
  const [failure] = await inParallel(marks, WRITES_AT_ONCE, (mark) => store.put(mark));
  if (failure !== undefined) throw failure.error;
}
