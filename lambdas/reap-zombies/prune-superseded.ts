/**
 * Of a session of several attempts, deletes what a newer attempt's checkpoint has superseded, once that one was verified
 * here. Each node keeps `keepLast` by itself; across attempts they are counted here. The newest verified one always stays.
 */
import { retentionOf } from '../../core/checkpoints/retention';
import type { Session } from '../../core/session/session';
import { isVerified, removeCheckpoint, type ShelfDeps, surveyShelf } from './checkpoint-shelf';
import { pruneShards } from './prune-shards';
import type { Pruned } from './pruned';

interface NodeShelf {
  attempt: number;
  userId: string;
}

export async function pruneSuperseded(deps: ShelfDeps, session: Session): Promise<Pruned> {
  const { checkpoints, resources } = session.job;
  if (checkpoints.upload === 'all' && resources.nodes > 1) return pruneShards(deps, session);
  const { emptyBelow } = retentionOf(session);
  const results: Pruned[] = [];
  for (const chain of chainsByRank(session, emptyBelow)) {
    results.push(await pruneChain(deps, chain, checkpoints.keepLast, emptyBelow));
  }
  return {
    emptyBelow: Math.max(emptyBelow, Math.min(...results.map((each) => each.emptyBelow))),
    isSettled: results.every((each) => each.isSettled),
    removed: results.reduce((sum, { removed }) => sum + removed, 0),
  };
}

/** Newest attempt first. */
function chainsByRank({ attempts }: Session, emptyBelow: number): NodeShelf[][] {
  const chains = new Map<number, NodeShelf[]>();
  for (const { number, nodes } of [...attempts].reverse()) {
    if (number < emptyBelow) continue;
    for (const { rank, userId } of nodes) {
      chains.set(rank, [...(chains.get(rank) ?? []), { attempt: number, userId }]);
    }
  }
  return [...chains.values()];
}

async function pruneChain(deps: ShelfDeps, chain: readonly NodeShelf[], keepLast: number, emptyBelow: number) {
  const pruned: Pruned = { emptyBelow, isSettled: true, removed: 0 };
  let kept = 0;
  let isVerifiedAbove = false;
  for (const { attempt, userId } of chain) {
    const { committed, torn } = await surveyShelf(deps, userId);
    const spared = isVerifiedAbove ? committed.slice(0, Math.max(0, keepLast - kept)) : committed;
    const doomed = isVerifiedAbove ? [...committed.slice(spared.length), ...torn] : [];
    for (const sequence of doomed) await removeCheckpoint(deps, userId, sequence);
    pruned.removed += doomed.length;
    if (spared.length === 0) continue;
    kept += spared.length;
    pruned.emptyBelow = attempt;
    // More than the newest verified one's attempt is left, or none was verified: there is more to do later.
    pruned.isSettled = !isVerifiedAbove && (await hasVerified(deps, userId, committed));
    isVerifiedAbove ||= pruned.isSettled;
  }
  if (kept > 0 && !isVerifiedAbove) pruned.emptyBelow = emptyBelow;
  return pruned;
}

async function hasVerified(deps: ShelfDeps, userId: string, committed: readonly number[]): Promise<boolean> {
  for (const sequence of committed) if (await isVerified(deps, userId, sequence)) return true;
  return false;
}
