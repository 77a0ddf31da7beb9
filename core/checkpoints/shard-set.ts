/**
 * Which shards make one checkpoint (`checkpoints.upload: all`): the one rule by which nodes resume and by which old ones are
 * deleted. What it does not put together can never be resumed from, so it neither keeps a place nor takes another's.
 */
import type { CheckpointManifest } from './checkpoint';

export interface ShardSet {
  /** By rank; complete when `missing` is empty. */
  shards: CheckpointManifest[];
  /** Ranks of the nodes whose shard is not there. */
  missing: number[];
}

/** Saved by the same gang, under the same name, at the same step. */
export function isSameCheckpoint(a: CheckpointManifest, b: CheckpointManifest): boolean {
  return (
    a.attempt === b.attempt &&
    a.sessionId === b.sessionId &&
    a.name === b.name &&
    a.kind === b.kind &&
    a.step === b.step &&
    a.shard?.userIds.join() === b.shard?.userIds.join()
  );
}

/** Whose manifests say whether it is whole. */
export const nodesOf = ({ userId, shard }: CheckpointManifest): readonly string[] => shard?.userIds ?? [userId];

/** All shards of the checkpoint that `manifest` is one of; of a shard that was committed twice, the newer. `of`: newest first. */
export function shardSet(
  manifest: CheckpointManifest,
  of: (userId: string) => readonly CheckpointManifest[],
): ShardSet {
  if (manifest.shard === undefined) return { shards: [manifest], missing: [] };
  const found = nodesOf(manifest).map((userId, rank) =>
    of(userId).find((each) => each.shard?.rank === rank && isSameCheckpoint(each, manifest)),
  );
  return {
    shards: found.filter((each) => each !== undefined),
    missing: found.flatMap((each, rank) => (each === undefined ? [rank] : [])),
  };
}

/** Of one node's, newest first: each checkpoint in shards once, by that of rank 0, which speaks for all of them. */
export function leadingShards(manifests: readonly CheckpointManifest[]): CheckpointManifest[] {
  return manifests.filter(
    (each, index) => each.shard?.rank === 0 && manifests.findIndex((newer) => isSameCheckpoint(newer, each)) === index,
  );
}
