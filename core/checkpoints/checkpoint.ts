/**
 * Checkpoints: a file or folder that training wrote, *committed* once its manifest is in S3 (the manifest is written
 * last), *verified* once every file's size and SHA-256 were checked.
 */
import { z } from 'zod';

export const checkpointManifestSchema = z.object({
  version: z.literal(1),
  sessionId: z.string(),
  attempt: z.int(),
  userId: z.string(),
  sequence: z.int().positive(),
  /** File or folder name inside the checkpoint folder. */
  name: z.string(),
  /** `group`: files side by side whose names begin with it, as TensorFlow writes (`ckpt-5.index`, `ckpt-5.data-…`). */
  kind: z.enum(['file', 'folder', 'group']),
  step: z.number().nullable(),
  /** One node's part of a checkpoint, which is committed when every node of the gang has committed its part. */
  shard: z
    .object({
      rank: z.int().nonnegative(),
      /** Of all nodes, by rank. */
      userIds: z.array(z.string()).min(2),
    })
    .optional(),
  /** Saved while the loss was no number: worth something only where there is no other. */
  notFinite: z.object({ step: z.number().nullable(), finiteStep: z.number().nullable() }).optional(),
  committedAt: z.string(),
  files: z
    .array(
      z.object({
        /** Relative to the checkpoint's prefix: for a file its own name, for a folder the path below it. */
        path: z.string(),
        sizeBytes: z.number(),
        sha256: z.string(),
      }),
    )
    .min(1),
});
export type CheckpointManifest = z.infer<typeof checkpointManifestSchema>;

/** `step-500.rank3.pt`, `mp_rank_01`, `rank0.bin`. */
const RANK_IN_NAME = /(?:^|[^A-Za-z])rank[-_=]?(\d+)/i;

/** The rank that a file's name says wrote it. */
export function rankFromName(name: string): number | undefined {
  const digits = RANK_IN_NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * The step of a checkpoint from its name: digits after `step`, `checkpoint` or `iter`, else the last group of digits that
 * is neither a rank nor a metric (`checkpoint-500`, `epoch=3-step=1200.ckpt`, `model_0500.pt`, `model.05-0.32.keras`).
 * Undefined when it has none (`last.ckpt`); modification times are never used.
 */
export function stepFromName(name: string): number | undefined {
  const stem = name
    .replace(/\.[A-Za-z][A-Za-z0-9]*$/, '')
    .replace(RANK_IN_NAME, '')
    .replace(/(?<![\d.])\d+\.\d+(?![\d.])/g, '');
  const named = /(?:step|checkpoint|iter(?:ation)?)[-_=]?(\d+)/i.exec(stem);
  const digits = named?.[1] ?? stem.match(/\d+/g)?.at(-1);
  return digits === undefined ? undefined : Number(digits);
}

/** Newest first: higher attempt, then higher sequence. Steps cannot order them: a script may count anew. */
export function newestFirst(manifests: readonly CheckpointManifest[]): CheckpointManifest[] {
  return [...manifests].sort((a, b) => b.attempt - a.attempt || b.sequence - a.sequence);
}

/**
 * Whether what the checkpoint holds may be no numbers: the loss was none when it was saved, or was found to be none
 * before it was seen to be one again. `others`: all of the same node.
 */
export function isDoubtful(manifest: CheckpointManifest, others: readonly CheckpointManifest[]): boolean {
  const { step, notFinite, attempt, sequence } = manifest;
  if (notFinite !== undefined) return true;
  return others.some((later) => {
    const lastGood = later.notFinite?.finiteStep ?? null;
    const isFollowing = later.attempt === attempt && later.sequence > sequence;
    return isFollowing && step !== null && lastGood !== null && step > lastGood && step <= (later.notFinite?.step ?? 0);
  });
}

/** Sequences to delete so that `keepLast` remain; the newest is never among them. */
export function superseded(sequences: readonly number[], keepLast: number): number[] {
  return [...sequences].sort((a, b) => b - a).slice(Math.max(1, keepLast));
}
