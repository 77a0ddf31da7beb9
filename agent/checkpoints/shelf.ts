/** What this node has committed to S3: counts it, and deletes of it what newer ones have superseded. */
import { superseded } from '../../core/checkpoints/checkpoint';
import { CHECKPOINT_MANIFEST, checkpointPrefix, checkpointsPrefix } from '../../core/s3-layout';
import { isRefusal, messageOf, retry, STORAGE_PATIENCE_MS } from '../retry';
import { ManifestReader, type ManifestReaderOptions } from './manifests';
import { supersededShards } from './shards';

export interface ShelfOptions extends ManifestReaderOptions {
  userId: string;
  keepLast: number;
}

export class CheckpointShelf {
  readonly #reader: ManifestReader;
  readonly #committed = new Set<number>();
  /** Of these, the ones that were saved while the loss was no number: they take no other's place. */
  readonly #doubtful = new Set<number>();
  #lastSequence = 0;

  constructor(private readonly options: ShelfOptions) {
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
      giveUpAfterMs: STORAGE_PATIENCE_MS,
      isFinal: isRefusal,
    });
    for (const { key } of objects) {
      const [folder = '', name] = key.slice(prefix.length).split('/');
      const sequence = Number(folder);
      if (!Number.isInteger(sequence)) continue;
      this.passOver(sequence);
      if (name === CHECKPOINT_MANIFEST) this.#committed.add(sequence);
    }
    if (this.#committed.size === 0) return;
    for (const { sequence, notFinite } of await this.#reader.of(userId)) if (notFinite) this.#doubtful.add(sequence);
  }

  /** The place of the next checkpoint. */
  nextSequence(): number {
    this.#lastSequence += 1;
    return this.#lastSequence;
  }

  /** Somebody has that place already. */
  passOver(sequence: number): void {
    this.#lastSequence = Math.max(this.#lastSequence, sequence);
  }

  isCommitted(sequence: number): boolean {
    return this.#committed.has(sequence);
  }

  /** `isDoubtful`: it was saved while the loss was no number. */
  add(sequence: number, isDoubtful: boolean): void {
    this.#committed.add(sequence);
    if (isDoubtful) this.#doubtful.add(sequence);
  }

  /** Never the newest. What cannot be deleted now is deleted with the session. */
  async prune(areShards: boolean): Promise<void> {
    const { store, bucket, userId, log } = this.options;
    for (const sequence of await this.#superseded(areShards)) {
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

  async #superseded(areShards: boolean): Promise<number[]> {
    const { userId, keepLast, log } = this.options;
    if (!areShards) {
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
}
