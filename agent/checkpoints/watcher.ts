/**
 * Finds finished checkpoints in the folder that training writes to.
 *
 * A file counts when no process has it open for writing and two looks in a row saw it unchanged, or when it was renamed
 * into place: the look before saw the same inode under a temporary name. A folder counts as one; as its files come one after
 * another, it must keep still for longer. What a killed process left behind counts only if it was seen closed before.
 */
import { realpath } from 'node:fs/promises';
import type { Clock, Log } from '../ports';
import { openForWriting } from '../process-table';
import { messageOf } from '../retry';
import { type Candidate, type Look, lookAt, nameMatcher } from './look';
import { isWhole } from './wholeness';

export interface CheckpointWatcherOptions {
  clock: Clock;
  log: Log;
  folder: string;
  /** The checkpoint folder may be a link, but not to a place outside of this one. */
  root: string;
  pattern: string;
  pollMs: number;
  /** Looks come this often once training was asked to stop: a last save is short-lived. */
  hastyPollMs: number;
  onFinished: (checkpoint: Candidate) => void;
}

const FILE_LOOKS = 2;
const FOLDER_LOOKS = 5;

interface Sighting {
  identity: string;
  /** Looks in a row that saw it like this, with no writer. */
  looks: number;
}

export class CheckpointWatcher {
  readonly #matches: (name: string) => boolean;
  /** Finished, or there before training: identity by name. */
  readonly #known = new Map<string, string>();
  readonly #trusted = new Map<string, string>();
  #sightings = new Map<string, Sighting>();
  #temporaryInodes = new Set<string>();
  #isHasty = false;
  #isTrainingAlive: () => boolean = () => true;
  #looking: Promise<void> = Promise.resolve();

  constructor(private readonly options: CheckpointWatcherOptions) {
    this.#matches = nameMatcher(options.pattern);
  }

  /** What lies there now is none of this training's doing. Returns identities by name. */
  async ignorePresent(): Promise<Record<string, string>> {
    for (const { name, identity } of (await this.#lookAt()).look.candidates) {
      this.#known.set(name, identity);
    }
    return Object.fromEntries(this.#known);
  }

  /** What an earlier process of the agent knew: checkpoints that are dealt with, and others found to be whole. */
  recall({ known, finished }: Readonly<Record<'known' | 'finished', Record<string, string>>>): void {
    for (const [name, identity] of Object.entries(known)) this.#known.set(name, identity);
    for (const [name, identity] of Object.entries(finished)) this.#trusted.set(name, identity);
  }

  /** Whether anything lives that could be writing; asked at every look that finds something new. */
  follow(isTrainingAlive: () => boolean): void {
    this.#isTrainingAlive = isTrainingAlive;
  }

  hurry(): void {
    this.#isHasty = true;
  }

  /** Looks until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, pollMs, hastyPollMs } = this.options;
    while (!signal.aborted) {
      await this.look();
      // In small steps, so that haste is not slept through.
      const until = clock.monotonic() + pollMs;
      do await clock.sleep(hastyPollMs, signal);
      while (!this.#isHasty && !signal.aborted && clock.monotonic() < until);
    }
  }

  /** One look; looks never overlap. */
  look(): Promise<void> {
    return this.#inTurn(() => this.#look());
  }

  /**
   * The last look, after training has ended. `wasKilled`: it did not end by itself, so what was never seen closed while it
   * lived may be half written.
   */
  sweep({ wasKilled }: { wasKilled: boolean }): Promise<void> {
    return this.#inTurn(() => this.#sweep(wasKilled));
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    this.#looking = this.#looking
      .then(task)
      .catch((error: unknown) => this.options.log(`checkpoint folder: ${messageOf(error)}`));
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { fresh, isOpen, look } = await this.#freshOnes();
    // The dead have nothing open: asked after the look, so that it was true in it. The rest is the sweep's.
    if (fresh.length > 0 && !this.#isTrainingAlive()) return;
    const sightings = new Map<string, Sighting>();
    for (const candidate of fresh) {
      const { name, identity, kind } = candidate;
      if (isOpen(candidate)) continue;
      const before = this.#sightings.get(name);
      const looks = before?.identity === identity ? before.looks + 1 : 1;
      const isSettled = this.#wasRenamed(candidate) || looks >= (kind === 'file' ? FILE_LOOKS : FOLDER_LOOKS);
      if (isSettled && !isCut(candidate)) this.#finish(candidate);
      else sightings.set(name, { identity, looks });
    }
    this.#sightings = sightings;
    this.#temporaryInodes = look.temporaryInodes;
  }

  async #sweep(wasKilled: boolean): Promise<void> {
    const { fresh, isOpen } = await this.#freshOnes();
    for (const candidate of fresh) {
      const told = candidate.files.map(({ absolutePath }) => isWhole(absolutePath));
      const isTold = candidate.kind === 'file' && told.every(Boolean);
      const isTrusted = !wasKilled || this.#wasRenamed(candidate) || this.#wasSeenClosed(candidate) || isTold;
      if (isTrusted && !told.includes(false) && !isOpen(candidate)) this.#finish(candidate);
      else this.options.log(`${candidate.name} may be half written and is not taken for a checkpoint`);
    }
  }

  async #freshOnes(): Promise<{ fresh: Candidate[]; isOpen: (candidate: Candidate) => boolean; look: Look }> {
    const { folder, look } = await this.#lookAt();
    const fresh = look.candidates.filter(({ name, identity }) => this.#known.get(name) !== identity);
    const open = fresh.length === 0 ? new Set<string>() : openForWriting(folder);
    const isOpen = ({ files }: Candidate) => files.some(({ absolutePath }) => open.has(absolutePath));
    return { fresh, isOpen, look };
  }

  /** By its real path, which is what the process table speaks of. */
  async #lookAt(): Promise<{ folder: string; look: Look }> {
    const nothing = { candidates: [], temporaryInodes: new Set<string>() };
    const real = (path: string) => realpath(path).catch(() => undefined);
    const [folder, root] = await Promise.all([real(this.options.folder), real(this.options.root)]);
    if (folder === undefined || root === undefined) return { folder: this.options.folder, look: nothing };
    if (!folder.startsWith(`${root}/`)) throw new Error(`${this.options.folder} leads out of ${root}`);
    return { folder, look: await lookAt(folder, this.#matches) };
  }

  #wasRenamed({ inode, files }: Candidate): boolean {
    return this.#temporaryInodes.has(inode) && files.length > 0;
  }

  #wasSeenClosed({ name, identity, kind }: Candidate): boolean {
    if (this.#trusted.get(name) === identity) return true;
    const sighting = this.#sightings.get(name);
    return kind === 'file' && sighting?.identity === identity;
  }

  #finish(candidate: Candidate): void {
    const before = this.#known.get(candidate.name);
    this.#known.set(candidate.name, candidate.identity);
    // Of a file that is written over, its creation tells nothing.
    this.options.onFinished(isSameFile(before, candidate) ? { ...candidate, oldestBirthNs: undefined } : candidate);
  }
}

/** By the first inode in its identity. */
const isSameFile = (before: string | undefined, { identity }: Candidate) =>
  before?.split(':', 1)[0] === identity.split(':', 1)[0];

/** Whether a file's own format says that its end is missing. */
const isCut = ({ files }: Candidate) => files.some(({ absolutePath }) => isWhole(absolutePath) === false);
