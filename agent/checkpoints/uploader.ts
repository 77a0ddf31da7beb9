/**
 * Uploads finished checkpoints in the background, one at a time; when training is faster, the newest wins. Files go
 * first, the manifest last: only with it is a checkpoint committed. A file that changed under the upload is not. One that
 * failed is gone on with, also by a restarted agent.
 */
import { type CheckpointManifest, stepFromName } from '../../core/checkpoints/checkpoint';
import { olderUpload } from '../../core/checkpoints/which-upload';
import type { CommittedCheckpoint, NotFinite } from '../../core/node/node-status';
import { CHECKPOINT_MANIFEST, checkpointPrefix } from '../../core/s3-layout';
import type { Clock, Log, ObjectStore } from '../ports';
import { isRefusal, messageOf } from '../retry';
import type { UnfinishedCheckpoint } from '../state-file';
import { type Candidate, saveSecondsOf } from './look';
import { stepFromMetadata } from './metadata';
import { CheckpointShelf } from './shelf';
import { FileChanged, type StoredFile, sizeOf, UnderWay } from './under-way';

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
  /** What a later process of the agent may go on with; null: nothing. */
  onUnfinished: (unfinished: UnfinishedCheckpoint | null) => void;
  /** On the way out, until the node is gone; null while nothing presses. */
  secondsLeft: () => number | null;
  warn: Log;
}

/** Nodes upload at different speeds: as many of the same checkpoints are to come through on all as the disk still has. */
const SHARDS_WAITING = 4;
const RETRY_MS = 2_000;

interface Item {
  candidate: Candidate;
  step: number | null;
  notFinite: CheckpointManifest['notFinite'];
  /** From the first try on. */
  underWay?: UnderWay;
}

export class CheckpointUploader {
  readonly #shelf: CheckpointShelf;
  #pending: Item[] = [];
  #current: (Item & { underWay: UnderWay }) | undefined;
  #unfinished: UnfinishedCheckpoint | null = null;
  #shard: CheckpointManifest['shard'];
  #isHasty = false;
  #working: Promise<void> | undefined;
  #isClosed = false;
  /** Of what was committed last. */
  #bytesPerSecond: number | null = null;

  constructor(private readonly options: CheckpointUploaderOptions) {
    this.#shelf = new CheckpointShelf(options);
  }

  /** What an earlier process of this node's agent committed, and what it was at; call before anything else. */
  async recall(unfinished: UnfinishedCheckpoint | null = null): Promise<void> {
    await this.#shelf.recall();
    if (unfinished === null || this.#shelf.isCommitted(unfinished.sequence)) return;
    this.#shelf.passOver(unfinished.sequence);
    this.#unfinished = unfinished;
  }

  /** From now on each checkpoint is this node's part of one. */
  commitShards(shard: { rank: number; userIds: string[] }): void {
    this.#shard = shard;
  }

  /** There is time for the newest only. */
  hurry(): void {
    this.#isHasty = true;
    this.reconsider();
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
    for (const skipped of this.#pending.splice(0, this.#pending.length - mostWaiting)) this.#skip(skipped);
    this.reconsider();
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  /**
   * On the way out an older one that is on its way gives way to the newest, if both would be too late; not to one that was
   * saved while the loss was no number, if it was not.
   */
  reconsider(): void {
    const newest = this.#pending.at(-1);
    const current = this.#current;
    if (!this.#isHasty || newest === undefined || current === undefined || current.underWay.isCut) return;
    if (newest.notFinite && !current.notFinite) return;
    const which = olderUpload({
      olderBytesLeft: current.underWay.bytesLeft,
      newerBytes: sizeOf(newest.candidate),
      bytesPerSecond: current.underWay.bytesPerSecond ?? this.#bytesPerSecond,
      secondsLeft: this.options.secondsLeft(),
    });
    if (which === 'abandon') current.underWay.cut();
  }

  #skip({ candidate, underWay }: Item): void {
    const { log, onSkipped } = this.options;
    log(`checkpoint ${candidate.name} is skipped for a newer one`);
    onSkipped(candidate);
    this.#drop(underWay);
  }

  /** Nobody waits for it. */
  #drop(underWay: UnderWay | undefined): void {
    if (underWay === undefined) return;
    this.options.onUnfinished(null);
    underWay.abandon().catch((error: unknown) => this.options.log(`unfinished upload: ${messageOf(error)}`));
  }

  /** Returns once nothing waits. */
  async drain(): Promise<void> {
    while (this.#working) await this.#working;
  }

  /** The time is up. Whoever resumes may look from the last word on: nothing is committed after it. */
  close(): void {
    this.#isClosed = true;
    this.#current?.underWay.cut();
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
    if (this.#isClosed) {
      this.#drop(item.underWay);
      return log(`checkpoint ${name} is not committed: the time is up`);
    }
    if (item.underWay?.isCut) return this.#skip(item);
    if (error instanceof FileChanged || isRefusal(error)) {
      this.#drop(item.underWay);
      if (isRefusal(error)) return warn(`Checkpoint ${name} could not be uploaded: ${messageOf(error)}`);
      return log(`checkpoint ${name} changed while it was read; not committed`);
    }
    log(`checkpoint ${name}: ${messageOf(error)}; trying again`);
    // A newer one that came meanwhile is worth more.
    if (this.#pending.length === 0) this.#pending.push(item);
    else this.#skip(item);
    await clock.sleep(RETRY_MS);
  }

  async #commit(item: Item): Promise<void> {
    const { clock, onCommitted, onUnfinished } = this.options;
    const { candidate, step, notFinite } = item;
    const startedAtMs = clock.monotonic();
    const underWay = item.underWay ?? this.#begin(candidate);
    item.underWay = underWay;
    const { sequence, sizeBytes } = underWay;
    this.#current = { ...item, underWay };
    const files = await underWay.send().finally(() => {
      this.#current = undefined;
    });
    if (this.#isClosed) throw new Error('the time is up');
    const committedAt = new Date(clock.now()).toISOString();
    await this.#putManifest(item, sequence, committedAt, files);
    this.#shelf.add(sequence, notFinite !== undefined);
    const uploadSeconds = underWay.secondsForAll((clock.monotonic() - startedAtMs) / 1000);
    this.#bytesPerSecond = uploadSeconds > 0 ? sizeBytes / uploadSeconds : null;
    const saveSeconds = saveSecondsOf(candidate);
    const committed = { name: candidate.name, step, sequence, sizeBytes, committedAt, uploadSeconds, saveSeconds };
    onCommitted(committed, candidate, notFinite !== undefined);
    onUnfinished(null);
    await this.#shelf.prune(this.#shard !== undefined);
  }

  /** In the place that an earlier process of the agent began to put the very same one. */
  #begin(candidate: Candidate): UnderWay {
    const { clock, store, bucket, userId, onUnfinished } = this.options;
    const before = this.#unfinished;
    this.#unfinished = null;
    const isSame = before?.name === candidate.name && before.identity === candidate.identity;
    const sequence = isSame ? before.sequence : this.#shelf.nextSequence();
    const stored = isSame ? before.files : [];
    const what = { clock, store, bucket, userId, candidate, sequence, stored, onStored: onUnfinished };
    if (before && !isSame) this.#drop(new UnderWay({ ...what, sequence: before.sequence }));
    return new UnderWay(what);
  }

  async #putManifest(
    { candidate, step, notFinite }: Item,
    sequence: number,
    committedAt: string,
    files: StoredFile[],
  ): Promise<void> {
    const { store, bucket, userId, sessionId, attempt } = this.options;
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
    const key = `${checkpointPrefix(userId, sequence)}${CHECKPOINT_MANIFEST}`;
    await store.putText({ bucket, key }, JSON.stringify(manifest));
  }
}

/** By its own step it may be from before, and only be found now. */
function markOf(step: number | null, loss: NotFinite | undefined): CheckpointManifest['notFinite'] {
  if (loss === undefined) return undefined;
  const isFromBefore = step !== null && loss.finiteStep !== null && step <= loss.finiteStep;
  return isFromBefore ? undefined : { step: loss.step, finiteStep: loss.finiteStep };
}
