/**
 * A checkpoint of which each node has a part (`checkpoints.upload: all`): it exists once all nodes of its gang have
 * committed their shards of the same name and step, and is used as a whole or not at all.
 */
import type { CheckpointManifest } from '../../core/checkpoints/checkpoint';
import { nodesOf, type ShardSet, shardSet } from '../../core/checkpoints/shard-set';
import type { ManifestReader } from './manifests';

/** All shards of the checkpoint that `manifest` is one of. */
export async function shardSetOf(manifest: CheckpointManifest, reader: ManifestReader): Promise<ShardSet> {
  const read = nodesOf(manifest).map(async (userId) => [userId, await reader.of(userId)] as const);
  const manifests = new Map(await Promise.all(read));
  return shardSet(manifest, (userId) => manifests.get(userId) ?? []);
}

/**
 * Of a node's own shards, the ones that nothing needs any more: older than the `keepLast` newest checkpoints that are
 * complete. What is incomplete may still become complete, and what was complete before it is needed until then. Those that
 * were saved while the loss was no number are counted by themselves: they take no other's place.
 */
export async function supersededShards(own: string, keepLast: number, reader: ManifestReader): Promise<number[]> {
  const doomed: number[] = [];
  const complete = { sound: 0, doubtful: 0 };
  for (const manifest of await reader.of(own)) {
    if (complete.sound >= keepLast) {
      doomed.push(manifest.sequence);
      continue;
    }
    const { shards, missing } = await shardSetOf(manifest, reader);
    const kind = shards.some(({ notFinite }) => notFinite !== undefined) ? 'doubtful' : 'sound';
    if (kind === 'doubtful' && complete.doubtful >= keepLast) doomed.push(manifest.sequence);
    if (missing.length === 0) complete[kind] += 1;
  }
  return doomed;
}

/** Files of a whole checkpoint for the node of that rank: its own first, and of the others what it lacks. */
export function filesFor(
  rank: number,
  shards: readonly CheckpointManifest[],
): { manifest: CheckpointManifest; file: CheckpointManifest['files'][number] }[] {
  const isOwn = ({ shard }: CheckpointManifest) => shard?.rank === rank;
  const ordered = [...shards.filter(isOwn), ...shards.filter((each) => !isOwn(each))];
  const byPath = new Map<string, { manifest: CheckpointManifest; file: CheckpointManifest['files'][number] }>();
  for (const manifest of ordered) {
    for (const file of manifest.files) if (!byPath.has(file.path)) byPath.set(file.path, { manifest, file });
  }
  return [...byPath.values()];
}
