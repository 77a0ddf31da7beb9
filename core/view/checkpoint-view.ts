/** The ledger of a session's checkpoints, newest first. */
import { type CheckpointManifest, newestFirst } from '../checkpoints/checkpoint';
import { checkpointPrefix, s3Uri } from '../s3-layout';
import type { Session } from '../session/session';
import { ms, SECOND_MS } from '../time';

/**
 * `torn`: a file is missing or has another size than its manifest says. `whole`: all sizes are right. `verified`: an
 * attempt that resumed from it has checked every hash, or hashes were checked just now.
 */
export type CheckpointState = 'torn' | 'whole' | 'verified';

export interface CheckpointView {
  attempt: number;
  sequence: number;
  name: string;
  step: number | null;
  sizeBytes: number;
  files: number;
  committedAt: string;
  ageSeconds: number;
  state: CheckpointState;
  /** Numbers of the attempts that began with it. */
  resumedBy: number[];
  /** s3:// of its folder. */
  uri: string;
  problems: string[];
}

/** What lies under a checkpoint's prefix: size by path. `mismatches` when hashes were checked: paths that differ. */
export interface CheckpointLook {
  manifest: CheckpointManifest;
  sizes: ReadonlyMap<string, number>;
  mismatches?: readonly string[];
}

export function checkpointViews(
  session: Session,
  looks: readonly CheckpointLook[],
  { bucket, now }: { bucket: string; now: number },
): CheckpointView[] {
  const byManifest = new Map(looks.map((look) => [look.manifest, look]));
  return newestFirst([...byManifest.keys()]).flatMap((manifest) => {
    const look = byManifest.get(manifest);
    return look === undefined ? [] : [checkpointView(session, look, { bucket, now })];
  });
}

function checkpointView(
  session: Session,
  { manifest, sizes, mismatches }: CheckpointLook,
  { bucket, now }: { bucket: string; now: number },
): CheckpointView {
  const { attempt, sequence, name, step, committedAt, files, userId } = manifest;
  const resumedBy = attemptsResumedFrom(session, userId, sequence);
  const problems = [...sizeProblems(manifest, sizes), ...(mismatches ?? []).map((path) => `${path} has another hash`)];
  const isVerified = mismatches !== undefined || resumedBy.length > 0;
  return {
    ...{ attempt, sequence, name, step, committedAt, resumedBy, problems },
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    files: files.length,
    ageSeconds: Math.max(0, (now - ms(committedAt)) / SECOND_MS),
    state: problems.length > 0 ? 'torn' : isVerified ? 'verified' : 'whole',
    uri: s3Uri({ bucket, key: checkpointPrefix(userId, sequence) }),
  };
}

function sizeProblems({ files }: CheckpointManifest, sizes: ReadonlyMap<string, number>): string[] {
  return files.flatMap(({ path, sizeBytes }) => {
    const found = sizes.get(path);
    if (found === undefined) return [`${path} is missing`];
    return found === sizeBytes ? [] : [`${path} has ${found} bytes instead of ${sizeBytes}`];
  });
}

function attemptsResumedFrom(session: Session, userId: string, sequence: number): number[] {
  const from = (resumed: { userId: string; sequence: number } | null | undefined) =>
    resumed?.userId === userId && resumed.sequence === sequence;
  return session.attempts
    .filter(({ nodes }) => nodes.some(({ final, status }) => from(final?.resumedFrom ?? status?.resumedFrom)))
    .map(({ number }) => number);
}
