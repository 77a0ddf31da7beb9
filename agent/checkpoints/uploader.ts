/**
 * Uploads finished checkpoints in the background, one at a time; when training is faster, the newest wins. Files go
 * first, the manifest last: only with it is a checkpoint committed. A file that changed under the upload is not.
 */
import { realpath } from 'node:fs/promises';
import { type CheckpointManifest, stepFromName, superseded } from '../../core/checkpoints/checkpoint';
import type { CommittedCheckpoint, NotFinite } from '../../core/node/node-status';
import { CHECKPOINT_MANIFEST, checkpointPrefix, checkpointsPrefix } from '../../core/s3-layout';
import { inParallel } from '../parallel';
import type { Clock, Log, ObjectStore } from '../ports';
import { isRefusal, messageOf, retry } from '../retry';
import { type Candidate, type CheckpointFile, identityOf, saveSecondsOf } from './look';
import { ManifestReader } from './manifests';
import { stepFromMetadata } from './metadata';
import { supersededShards } from './shards';

export interface CheckpointUploaderOptions {
  clock: Clock;
  log: Log;
  store: ObjectStore;
  bucket: string;
  userId: string;
  sessionId: string;
  attempt: number;
  keepLast: number;
  /** Step that training last reported, for names without one. */
  currentStep: () => number | null;
  /** Since when the loss is no number; undefined while it is one. */
  notFinite: () => NotFinite | undefined;
  /** `isDoubtful`: it was saved while the loss was no number. */
  onCommitted: (checkpoint: CommittedCheckpoint, candidate: Candidate, isDoubtful: boolean) => void;
  /** A newer one took its place: it is never to be committed, not by a later process of the agent either. */
  onSkipped: (candidate: Candidate) => void;
  warn: Log;
}

const PARALLEL_FILES = 16;
/** Nodes upload at different speeds: as many of the same checkpoints are to come through on all as the disk still has. */
const SHARDS_WAITING = 4;

interface Item {
  candidate: Candidate;
  step: number | null;
  notFinite: CheckpointManifest['notFinite'];
}

class FileChanged extends Error {
  override readonly name = 'FileChanged';
}

export class CheckpointUploader {
  readonly #reader: ManifestReader;
  readonly #committed = new Set<number>();
  /** Of these, the ones that were saved while the loss was no number: they take no other's place. */
  readonly #doubtful = new Set<number>();
  #lastSequence = 0;
  #pending: Item[] = [];
  #shard: CheckpointManifest['shard'];
  #isHasty = false;
  #working: Promise<void> | undefined;
  #isClosed = false;

  constructor(private readonly options: CheckpointUploaderOptions) {
    this.#reader = new ManifestReader(options);
  }

  /** What an earlier process of this node's agent committed; call before anything else. */
  async recall(): Promise<void> {
    const { store, bucket, userId, clock, log } = this.options;
    const prefix = checkpointsPrefix(userId);
    const objects = await retry(() => store.list({ bucket, key: prefix }), {
      clock,
      log,
      what: 'listing checkpoints',
      giveUpAfterMs: 600_000,
      isFinal: isRefusal,
    });
    for (const { key } of objects) {
      const [folder = '', name] = key.slice(prefix.length).split('/');
      const sequence = Number(folder);
      if (!Number.isInteger(sequence)) continue;
      this.#lastSequence = Math.max(this.#lastSequence, sequence);
      if (name === CHECKPOINT_MANIFEST) this.#committed.add(sequence);
    }
    if (this.#committed.size === 0) return;
    for (const { sequence, notFinite } of await this.#reader.of(userId)) if (notFinite) this.#doubtful.add(sequence);
  }

  /** From now on each checkpoint is this node's part of one. */
  commitShards(shard: { rank: number; userIds: string[] }): void {
    this.#shard = shard;
  }

  /** There is time for the newest only. */
  hurry(): void {
    this.#isHasty = true;
  }

  /** Takes the place of one that waits; shards, which others wait for, wait in line. */
  offer(candidate: Candidate): void {
    const { warn, currentStep, notFinite } = this.options;
    const step = stepFromName(candidate.name) ?? stepFromMetadata(candidate) ?? null;
    if (this.#shard && step === null) {
      warn(`Checkpoint ${candidate.name} is not committed: its step, by which shards are matched, is not told.`);
      return;
    }
    this.#pending.push({ candidate, step: step ?? currentStep(), notFinite: markOf(step, notFinite()) });
    const mostWaiting = this.#shard && !this.#isHasty ? SHARDS_WAITING : 1;
    for (const skipped of this.#pending.splice(0, this.#pending.length - mostWaiting)) {
      this.#skip(skipped.candidate);
    }
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  #skip(candidate: Candidate): void {
    const { log, onSkipped } = this.options;
    log(`checkpoint ${candidate.name} is skipped for a newer one`);
    onSkipped(candidate);
  }

  /** Returns once nothing waits. */
  async drain(): Promise<void> {
    while (this.#working) await this.#working;
  }

  /** No new tries: the time is up. */
  close(): void {
    this.#isClosed = true;
  }

  async #work(): Promise<void> {
    while (!this.#isClosed) {
      const next = this.#pending.shift();
      if (next === undefined) return;
      try {
        await this.#commit(next);
      } catch (error) {
        await this.#failed(next, error);
      }
    }
  }

  async #failed(item: Item, error: unknown): Promise<void> {
    const { log, warn, clock } = this.options;
    const { name } = item.candidate;
    if (error instanceof FileChanged) return log(`checkpoint ${name} changed while it was read; not committed`);
    if (isRefusal(error)) return warn(`Checkpoint ${name} could not be uploaded: ${messageOf(error)}`);
    log(`checkpoint ${name}: ${messageOf(error)}; trying again`);
    // A newer one that came meanwhile is worth more.
    if (this.#pending.length === 0) this.#pending.push(item);
    else this.#skip(item.candidate);
    await clock.sleep(RETRY_MS);
  }

  async #commit({ candidate, step, notFinite }: Item): Promise<void> {
    const { clock, store, bucket, userId, sessionId, attempt, onCommitted } = this.options;
    const startedAtMs = clock.monotonic();
    this.#lastSequence += 1;
    const sequence = this.#lastSequence;
    const prefix = checkpointPrefix(userId, sequence);
    const files = await inParallel(candidate.files, PARALLEL_FILES, (file) => this.#upload(file, prefix));
    const committedAt = new Date(clock.now()).toISOString();
    const manifest: CheckpointManifest = {
      version: 1,
      sessionId,
      attempt,
      userId,
      sequence,
      name: candidate.name,
      kind: candidate.kind,
      step,
      ...(this.#shard ? { shard: this.#shard } : {}),
      ...(notFinite ? { notFinite } : {}),
      committedAt,
      files,
    };
    await store.putText({ bucket, key: `${prefix}${CHECKPOINT_MANIFEST}` }, JSON.stringify(manifest));
    this.#committed.add(sequence);
    if (notFinite) this.#doubtful.add(sequence);
    const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    const uploadSeconds = (clock.monotonic() - startedAtMs) / 1000;
    const saveSeconds = saveSecondsOf(candidate);
    const committed = { name: candidate.name, step, sequence, sizeBytes, committedAt, uploadSeconds, saveSeconds };
    onCommitted(committed, candidate, notFinite !== undefined);
    await this.#prune();
  }

  async #upload(file: CheckpointFile, prefix: string): Promise<CheckpointManifest['files'][number]> {
    const { store, bucket } = this.options;
    const unchanged = async () =>
      (await identityOf(file.absolutePath)) === file.identity &&
      (await realpath(file.absolutePath)) === file.absolutePath;
    if (!(await unchanged())) throw new FileChanged(file.path);
    const digest = await store.upload(file.absolutePath, { bucket, key: `${prefix}${file.path}` });
    if (digest === 'exists' || digest.sizeBytes !== file.sizeBytes || !(await unchanged())) {
      throw new FileChanged(file.path);
    }
    return { path: file.path, ...digest };
  }

  async #superseded(): Promise<number[]> {
    const { userId, keepLast, log } = this.options;
    if (!this.#shard) {
      const isDoubtful = (sequence: number) => this.#doubtful.has(sequence);
      const all = [...this.#committed];
      return [all.filter(isDoubtful), all.filter((each) => !isDoubtful(each))].flatMap((each) =>
        superseded(each, keepLast),
      );
    }
    try {
      return await supersededShards(userId, keepLast, this.#reader);
    } catch (error) {
      log(`old shards stay: ${messageOf(error)}`);
      return [];
    }
  }

  /** Never the newest. What cannot be deleted now is deleted with the session. */
  async #prune(): Promise<void> {
    const { store, bucket, userId, log } = this.options;
    for (const sequence of await this.#superseded()) {
      try {
        const objects = await store.list({ bucket, key: checkpointPrefix(userId, sequence) });
        // The manifest first: without it the rest is no checkpoint.
        objects.sort(
          (a, b) => Number(b.key.endsWith(CHECKPOINT_MANIFEST)) - Number(a.key.endsWith(CHECKPOINT_MANIFEST)),
        );
        await store.remove(objects.map(({ key }) => ({ bucket, key })));
        this.#committed.delete(sequence);
      } catch (error) {
        log(`old checkpoint ${sequence} stays: ${messageOf(error)}`);
      }
    }
  }
}

/** By its own step it may be from before, and only be found now. */
function markOf(step: number | null, loss: NotFinite | undefined): CheckpointManifest['notFinite'] {
  if (loss === undefined) return undefined;
  const isFromBefore = step !== null && loss.finiteStep !== null && step <= loss.finiteStep;
  return isFromBefore ? undefined : { step: loss.step, finiteStep: loss.finiteStep };
}

const RETRY_MS = 2_000;
