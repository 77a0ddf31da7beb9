/**
 * A committed checkpoint is never lost: whoever resumes, does so from the newest that is whole in the bucket, or from a
 * newer one. And what was committed is whole: a manifest is written last, and says what lies there.
 */
import { createHash } from 'node:crypto';
import { type CheckpointManifest, checkpointManifestSchema } from '../../core/checkpoints/checkpoint';
import { readCheckpoint } from '../hosts/training';
import type { World } from '../world';
import type { Broken, Invariant } from './invariant';

const MANIFEST = /^nodes\/[^/]+\/checkpoints\/\d+\/manifest\.json$/;

export function checkpointsAreKept(): Invariant {
  /** Of each session, by the manifest's key. */
  const committed = new Map<string, Map<string, CheckpointManifest>>();

  const commit = (world: World, bucket: string, key: string, text: string): Broken | undefined => {
    const manifest = checkpointManifestSchema.parse(JSON.parse(text));
    const own = committed.get(manifest.sessionId) ?? new Map<string, CheckpointManifest>();
    committed.set(manifest.sessionId, own);
    const problem = problemOf(world, bucket, key, manifest);
    if (problem !== undefined) return { sessionId: manifest.sessionId, what: `${key} was committed, but ${problem}.` };
    own.set(key, manifest);
    return undefined;
  };

  const forget = (key: string): Broken | undefined => {
    for (const [sessionId, own] of committed) {
      if (!own.has(key)) continue;
      const newest = newestStep(own);
      own.delete(key);
      if (newestStep(own) !== newest) return { sessionId, what: `Its newest checkpoint ${key} was deleted.` };
    }
    return undefined;
  };

  return {
    name: 'committed checkpoints are kept',
    see(happening, world) {
      if (happening.kind === 'object') {
        const { bucket, key, text } = happening;
        if (text === undefined) return forget(key);
        return MANIFEST.test(key) ? commit(world, bucket, key, text) : undefined;
      }
      if (happening.kind !== 'training' || happening.change.kind !== 'begins') return undefined;
      const { training } = happening.change;
      const { sessionId, resumePath, attempt } = training.options;
      if (!training.beganWhole)
        return { sessionId, what: `Attempt ${attempt} resumed from ${resumePath}, which is torn.` };
      const newest = newestStep(committed.get(sessionId));
      if (training.firstStep >= newest) return undefined;
      return {
        sessionId,
        what: `Attempt ${attempt} began at step ${training.firstStep}, although a checkpoint of step ${newest} was committed.`,
      };
    },
  };
}

/** Of the newest that is complete: of all nodes that have a part in it. Steps only grow within a session of the simulation. */
function newestStep(manifests: ReadonlyMap<string, CheckpointManifest> = new Map()): number {
  const parts = new Map<string, number>();
  const complete: number[] = [0];
  for (const { attempt, name, step, shard } of manifests.values()) {
    const found = (parts.get(`${attempt}/${name}`) ?? 0) + 1;
    parts.set(`${attempt}/${name}`, found);
    if (found === (shard?.userIds.length ?? 1)) complete.push(step ?? 0);
  }
  return Math.max(...complete);
}

function problemOf(world: World, bucket: string, key: string, { files }: CheckpointManifest): string | undefined {
  const objects = world.s3.objects(bucket);
  for (const { path, sizeBytes, sha256 } of files) {
    const object = objects.get(key.replace('manifest.json', path));
    if (object === undefined) return `${path} is not there`;
    const isSame =
      object.body.length === sizeBytes && createHash('sha256').update(object.body).digest('hex') === sha256;
    if (!isSame) return `${path} is not what the manifest says`;
    if (readCheckpoint(object.body.toString())?.isWhole !== true) return `${path} is half written`;
  }
  return undefined;
}
