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
  kind: z.enum(['file', 'folder']),
  step: z.number().nullable(),
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

/**
 * The step of a checkpoint from its name: digits after `step`, `checkpoint` or `iter`, else the last group of digits
 * (`checkpoint-500`, `epoch=3-step=1200.ckpt`, `model_0500.pt`). Undefined when it has none (`last.ckpt`);
 * modification times are never used.
 */
export function stepFromName(name: string): number | undefined {
  const stem = name.replace(/\.[A-Za-z][A-Za-z0-9]*$/, '');
  const named = /(?:step|checkpoint|iter(?:ation)?)[-_=]?(\d+)/i.exec(stem);
  const digits = named?.[1] ?? stem.match(/\d+/g)?.at(-1);
  return digits === undefined ? undefined : Number(digits);
}

/** Newest first: higher attempt, then higher sequence. Steps cannot order them: a script may count anew. */
export function newestFirst(manifests: readonly CheckpointManifest[]): CheckpointManifest[] {
  return [...manifests].sort((a, b) => b.attempt - a.attempt || b.sequence - a.sequence);
}

/** Sequences to delete so that `keepLast` remain; the newest is never among them. */
export function superseded(sequences: readonly number[], keepLast: number): number[] {
  return [...sequences].sort((a, b) => b - a).slice(Math.max(1, keepLast));
}
