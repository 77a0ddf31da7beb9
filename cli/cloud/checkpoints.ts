/** The checkpoints of a session as they lie in the bucket. */
import { createHash } from 'node:crypto';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { checkpointManifestSchema } from '../../core/checkpoints/checkpoint';
import { CHECKPOINT_MANIFEST, checkpointPrefix, checkpointsPrefix } from '../../core/s3-layout';
import { allNodes } from '../../core/session/attempts';
import type { Node, Session } from '../../core/session/session';
import type { CheckpointLook } from '../../core/view/checkpoint-view';
import { type ListedObject, listObjects, readJson } from './objects';

export interface CheckpointSource {
  list(prefix: string): Promise<ListedObject[]>;
  /** undefined when it is not there. */
  readJson(key: string): Promise<unknown>;
}

export function checkpointsIn(s3: S3Client, bucket: string): CheckpointSource {
  return { list: (key) => listObjects(s3, { bucket, key }), readJson: (key) => readJson(s3, { bucket, key }) };
}

/** Everything that is committed. Checkpoints that a session inherits belong to the one that made them. */
export async function lookAtCheckpoints(s3: S3Client, bucket: string, session: Session): Promise<CheckpointLook[]> {
  const source = checkpointsIn(s3, bucket);
  return (await Promise.all(allNodes(session).map((node) => lookAtNode(source, node)))).flat();
}

export async function lookAtNode(
  source: CheckpointSource,
  { userId }: Pick<Node, 'userId'>,
): Promise<CheckpointLook[]> {
  const prefix = checkpointsPrefix(userId);
  const objects = await source.list(prefix);
  const manifests = objects.filter(({ key }) => key.slice(prefix.length).split('/')[1] === CHECKPOINT_MANIFEST);
  const looks = await Promise.all(
    manifests.map(async ({ key }): Promise<CheckpointLook[]> => {
      const parsed = checkpointManifestSchema.safeParse(await source.readJson(key));
      if (!parsed.success) return [];
      const folder = key.slice(0, -CHECKPOINT_MANIFEST.length);
      const files = objects.filter((each) => each.key.startsWith(folder) && each.key !== key);
      const sizes = new Map(files.map((each) => [each.key.slice(folder.length), each.sizeBytes]));
      return [{ manifest: parsed.data, sizes }];
    }),
  );
  return looks.flat();
}

/** Reads every byte and compares. */
export async function withHashes(
  s3: S3Client,
  bucket: string,
  looks: readonly CheckpointLook[],
): Promise<CheckpointLook[]> {
  const checked: CheckpointLook[] = [];
  for (const look of looks) checked.push({ ...look, mismatches: await mismatchesOf(s3, bucket, look) });
  return checked;
}

async function mismatchesOf(s3: S3Client, bucket: string, { manifest, sizes }: CheckpointLook): Promise<string[]> {
  const prefix = checkpointPrefix(manifest.userId, manifest.sequence);
  const mismatches: string[] = [];
  for (const { path, sha256 } of manifest.files) {
    // What is missing is a problem of its own.
    if (!sizes.has(path)) continue;
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: `${prefix}${path}` }));
    const hash = createHash('sha256');
    for await (const chunk of (Body ?? []) as AsyncIterable<Uint8Array>) hash.update(chunk);
    if (hash.digest('hex') !== sha256) mismatches.push(path);
  }
  return mismatches;
}
