/**
 * Of checkpoints in shards, one from each node (`checkpoints.upload: all`), deletes what is superseded. A shard alone is
 * no checkpoint: what counts is the set, whole and verified, and of a set every shard stays or goes. Sets are those that
 * nodes would resume from: a set that only looks whole would let an older one go that is.
 */
import type { CheckpointManifest } from '../../core/checkpoints/checkpoint';
import { retentionOf } from '../../core/checkpoints/retention';
import { leadingShards, shardSet } from '../../core/checkpoints/shard-set';
import type { Attempt, Session } from '../../core/session/session';
import { isVerified, readManifest, removeCheckpoint, type ShelfDeps, surveyShelf } from './checkpoint-shelf';
import type { Pruned } from './pruned';

interface Shard {
  userId: string;
  sequence: number;
}

interface Shards {
  /** Newest first: with a shard of every node. */
  sets: Shard[][];
  /** Everything that lies there. */
  all: Shard[];
}

export async function pruneShards(deps: ShelfDeps, session: Session): Promise<Pruned> {
  const { keepLast } = session.job.checkpoints;
  const { emptyBelow } = retentionOf(session);
  const pruned: Pruned = { emptyBelow, isSettled: true, removed: 0 };
  let kept = 0;
  let attemptsLeft = 0;
  let isVerifiedAbove = false;
  for (const attempt of [...session.attempts].reverse()) {
    if (attempt.number < emptyBelow) continue;
    const { sets, all } = await shardsOf(deps, attempt);
    const spared = isVerifiedAbove ? sets.slice(0, Math.max(0, keepLast - kept)) : sets;
    const left = isVerifiedAbove ? spared.flat() : all;
    for (const { userId, sequence } of all.filter((shard) => !left.includes(shard))) {
      await removeCheckpoint(deps, userId, sequence);
      pruned.removed += 1;
    }
    if (left.length === 0) continue;
    kept += spared.length;
    attemptsLeft += 1;
    pruned.emptyBelow = attempt.number;
    isVerifiedAbove ||= await hasVerified(deps, sets);
  }
  pruned.isSettled = attemptsLeft === 0 || (attemptsLeft === 1 && isVerifiedAbove);
  if (attemptsLeft > 0 && !isVerifiedAbove) pruned.emptyBelow = emptyBelow;
  return pruned;
}

async function shardsOf(deps: ShelfDeps, { nodes }: Attempt): Promise<Shards> {
  const shelves = await Promise.all(nodes.map(({ userId }) => shelfOf(deps, userId)));
  const manifests = new Map(shelves.map((shelf) => [shelf.userId, shelf.manifests]));
  const sets = shelves
    .flatMap((shelf) => leadingShards(shelf.manifests))
    .map((manifest) => shardSet(manifest, (userId) => manifests.get(userId) ?? []))
    .filter(({ missing }) => missing.length === 0);
  const all = shelves.flatMap(({ shards }) => shards);
  const shardOf = ({ userId, sequence }: CheckpointManifest) =>
    all.filter((shard) => shard.userId === userId && shard.sequence === sequence);
  return { sets: sets.map(({ shards }) => shards.flatMap(shardOf)), all };
}

async function shelfOf(deps: ShelfDeps, userId: string) {
  const { committed, torn } = await surveyShelf(deps, userId);
  const manifests = await Promise.all(committed.map((sequence) => readManifest(deps, userId, sequence)));
  return {
    userId,
    manifests: manifests.filter((manifest) => manifest !== undefined),
    shards: [...committed, ...torn].map((sequence) => ({ userId, sequence })),
  };
}

async function hasVerified(deps: ShelfDeps, sets: readonly (readonly Shard[])[]): Promise<boolean> {
  for (const set of sets) {
    const verified = await Promise.all(set.map(({ userId, sequence }) => isVerified(deps, userId, sequence)));
    if (verified.every(Boolean)) return true;
  }
  return false;
}
