/**
 * The ranks of one attempt: they begin when all are there, make every step together, and none goes on without the others.
 * An attempt with one node is a group of one.
 */
import type { Clock, Timer } from '../../local/clock';
import type { Random } from '../random';
import type { Script } from '../scenario';

/** One rank's command, as its group needs it. */
export interface Rank {
  readonly rank: number;
  readonly firstStep: number;
  /** Writes a checkpoint of that step, then calls back. */
  save(step: number, then: () => void): void;
  /** Everything is trained: results are written, and the command ends. */
  finish(): void;
  end(exitCode: number | null): void;
}

export interface TrainingGroupOptions {
  clock: Clock;
  random: Random;
  script: Script;
  /** How many nodes the attempt has. */
  size: number;
}

const SECOND_MS = 1000;
/** From the end of a peer's connection until a rank fails for it. */
const LONGEST_FAILURE_MS = 15 * SECOND_MS;
/** Ranks wait this long for a peer that says nothing: NCCL's own time-out. */
const COLLECTIVE_MS = 600 * SECOND_MS;

export class TrainingGroup {
  readonly #ranks = new Set<Rank>();
  #step = 0;
  #countingSinceMs: number | undefined;
  /** Counting ends there, for a checkpoint or for good. */
  #until = 0;
  #timer: Timer | undefined;
  #hasBegun = false;
  #isStopping = false;
  #isBroken = false;
  /** Nothing tells of the one that is missing. */
  #isSilent = false;
  #isEnding = false;
  #hasFailedByItself = false;

  constructor(private readonly options: TrainingGroupOptions) {}

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** The script of one of them failed, and not for another's end. */
  get hasFailedByItself(): boolean {
    return this.#hasFailedByItself;
  }

  /** The step that all have completed by now. */
  get step(): number {
    if (this.#countingSinceMs === undefined) return this.#step;
    const { clock, script } = this.options;
    // Times are fractions: a step may seem to be done a moment too late.
    return Math.min(this.#until, this.#step + Math.floor((clock.now() - this.#countingSinceMs) / script.stepMs + 1e-6));
  }

  join(rank: Rank): void {
    this.#ranks.add(rank);
    if (this.#isBroken && this.#isSilent) this.options.clock.schedule(COLLECTIVE_MS, () => rank.end(1));
    else if (this.#isBroken) this.#fail(rank);
    else if (this.#ranks.size === this.options.size) this.#begin();
  }

  #begin(): void {
    this.#hasBegun = true;
    this.#isStopping = false;
    this.#step = Math.min(...[...this.#ranks].map(({ firstStep }) => firstStep));
    this.#count();
  }

  /** SIGTERM reached one of them, and it saves: all find out at the same step, save, and end. */
  stop(): void {
    if (this.#isStopping || !this.#hasBegun || this.#isBroken) return;
    this.#isStopping = true;
    // They may be in the middle of a save, which they end first.
    if (this.#countingSinceMs === undefined) return;
    this.#pause();
    this.#saveAll(() => this.#endAll(0));
  }

  /** One has ended by itself or was killed. `isSilent`: its machine is gone, and nothing tells the others. */
  leave(rank: Rank, { isSilent }: { isSilent: boolean }): void {
    this.#ranks.delete(rank);
    if (this.#ranks.size === 0) this.#pause();
    else if (!this.#isEnding) this.#break(isSilent);
  }

  /** One of them is cut off from the others: they wait for it at the next step, though not for ever. */
  cutOff(durationMs: number): void {
    if (this.options.size > 1) this.hang(durationMs);
  }

  /** One of them stands still. */
  hang(durationMs: number): void {
    if (this.options.size > 1 && durationMs >= COLLECTIVE_MS) this.#break(true);
    else if (this.#countingSinceMs !== undefined) {
      this.#pause();
      this.#timer = this.options.clock.schedule(durationMs, () => this.#count());
    }
  }

  #break(isSilent: boolean): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#isSilent = isSilent;
    this.#pause();
    const { clock } = this.options;
    // Those that have not begun wait for each other just as long.
    if (isSilent) clock.schedule(COLLECTIVE_MS, () => this.#endAll(1));
    else for (const rank of this.#ranks) this.#fail(rank);
  }

  #fail(rank: Rank): void {
    const { clock, random } = this.options;
    clock.schedule(random.between(SECOND_MS, LONGEST_FAILURE_MS), () => rank.end(1));
  }

  #count(): void {
    const { clock, script } = this.options;
    this.#countingSinceMs = clock.now();
    const { checkpointEvery, steps, failsAtStep } = script;
    const next = Math.min((Math.floor(this.#step / checkpointEvery) + 1) * checkpointEvery, steps);
    const fails = failsAtStep !== undefined && failsAtStep > this.#step && failsAtStep <= next;
    this.#until = fails ? failsAtStep : next;
    this.#timer = clock.schedule(Math.max(0, this.#until - this.#step) * script.stepMs, () => {
      this.#pause();
      if (fails) this.#failByItself();
      else this.#saveAll(() => this.#afterSave());
    });
  }

  #afterSave(): void {
    if (this.#isStopping) this.#endAll(0);
    else if (this.#step < this.options.script.steps) this.#count();
    else this.#together((rank) => rank.finish());
  }

  /** The script of one of them has a bug; the others fail for it. */
  #failByItself(): void {
    this.#hasFailedByItself = true;
    const [first] = [...this.#ranks].sort((a, b) => b.rank - a.rank);
    first?.end(1);
  }

  #pause(): void {
    this.#step = this.step;
    this.#countingSinceMs = undefined;
    this.#timer?.cancel();
  }

  /** Nobody goes on before all have written. */
  #saveAll(then: () => void): void {
    const { isSharded } = this.options.script;
    const savers = [...this.#ranks].filter(({ rank }) => isSharded || rank === 0);
    let left = savers.length;
    for (const rank of savers) {
      rank.save(this.#step, () => {
        left -= 1;
        if (left === 0 && !this.#isBroken) then();
      });
    }
  }

  #endAll(exitCode: number): void {
    this.#together((rank) => rank.end(exitCode));
  }

  /** Nobody leaves anybody. */
  #together(end: (rank: Rank) => void): void {
    this.#isEnding = true;
    for (const rank of [...this.#ranks]) end(rank);
    this.#isEnding = false;
  }
}
