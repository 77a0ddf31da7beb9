/**
 * Which lines tell the step of the run. Bars of an evaluation, ranks that are behind and epochs speak of steps as well, and
 * followed blindly the count would jump about.
 */
import { isLoss, type ProgressLine } from './parse-line';

type Reading = readonly [kind?: Kind, step?: number | undefined, total?: number | undefined];

export interface Counted {
  step?: number;
  total?: number;
  /** Not one count with what was before. */
  isAnew: boolean;
}

/** What counts, the surest first; a surer one takes over for good. */
const SURENESS = { said: 3, within: 2, bar: 1, epoch: 0 } as const;
type Kind = keyof typeof SURENESS;

/** Lower ones that grow: a count begun anew, where ranks that are behind go up and down. */
const LOWER_TO_BELIEVE = 3;
/** At its very beginning it is believed at once. */
const BEGINNING = 1;
const LEAST_FALL = 3;

export class StepSource {
  #rank: number | undefined;
  #kind: Kind | undefined;
  #step: number | undefined;
  #lower: number[] = [];
  #epoch = { index: 0, isKnown: false };
  #epochs: number | undefined;
  #isFromZero = false;
  #perEpoch: number | undefined;
  #bar: { name: string; total: number | undefined; isOver: boolean; isTraining: boolean } | undefined;

  /** The lowest rank speaks for all. */
  isHeard({ rank }: ProgressLine): boolean {
    if (rank === undefined) return true;
    if (this.#rank !== undefined && rank > this.#rank) return false;
    this.#rank = rank;
    return true;
  }

  /** Undefined when the line says nothing of steps, or not of training's. */
  count(said: ProgressLine): Counted | undefined {
    this.#takeEpoch(said);
    if (this.#bar && Object.keys(said.metrics).some(isLoss)) this.#bar.isTraining = true;
    const [kind, step, total] = this.#read(said);
    if (kind === undefined || (this.#kind && SURENESS[kind] < SURENESS[this.#kind])) return undefined;
    const isNewKind = this.#kind !== undefined && this.#kind !== kind;
    this.#kind = kind;
    const counted = { ...(total === undefined ? {} : { total }) };
    if (step === undefined) return { ...counted, isAnew: false };
    const isAnew = isNewKind || this.#isAnew(step);
    if (!isAnew && this.#step !== undefined && step < this.#step) return undefined;
    if (isAnew || step > (this.#step ?? -1)) this.#lower = [];
    this.#step = step;
    return { ...counted, step, isAnew };
  }

  #isAnew(step: number): boolean {
    if (this.#step === undefined || step >= this.#step) return false;
    if (step <= BEGINNING && this.#step - step >= LEAST_FALL) return true;
    const last = this.#lower.at(-1);
    this.#lower = last === undefined || step > last ? [...this.#lower, step] : [step];
    return this.#lower.length >= LOWER_TO_BELIEVE;
  }

  #takeEpoch({ epoch, within }: ProgressLine): void {
    if (epoch === undefined) return;
    if (epoch.at === 0) this.#isFromZero = true;
    const first = epoch.isDone || this.#isFromZero ? 0 : 1;
    const index = Math.max(0, epoch.at - first);
    if (index !== this.#epoch.index && within === undefined) this.#perEpoch = undefined;
    this.#epoch = { index, isKnown: true };
    if (epoch.of !== undefined) this.#epochs = epoch.isDone ? epoch.of : epoch.of + 1 - first;
  }

  #read(said: ProgressLine): Reading {
    if (said.bar !== undefined) return this.#readBar(said, said.bar);
    if (said.within) return this.#readWithin(said.within);
    if (said.step !== undefined || said.total !== undefined) return ['said', said.step, said.total];
    if (said.epoch === undefined) return [];
    const { index } = this.#epoch;
    return ['epoch', said.epoch.isDone ? index : index + 1, this.#epochs];
  }

  /** In an epoch the first bar is training's, and others are not as long. */
  #readWithin({ step, total }: { step: number; total: number }): Reading {
    this.#perEpoch ??= total;
    if (this.#perEpoch !== total) return [];
    const { index, isKnown } = this.#epoch;
    const epochs = isKnown ? this.#epochs : 1;
    return ['within', index * total + step, epochs === undefined ? undefined : epochs * total];
  }

  /** One is followed to its end; and if losses came meanwhile, for good: what comes after is an evaluation. */
  #readBar({ step, total }: ProgressLine, name: string): Reading {
    if (this.#epoch.isKnown && total !== undefined && step !== undefined) return this.#readWithin({ step, total });
    const isSame = this.#bar?.name === name && this.#bar.total === total;
    if (this.#bar && !isSame && (!this.#bar.isOver || this.#bar.isTraining)) return [];
    if (!isSame) this.#bar = { name, total, isOver: false, isTraining: false };
    if (this.#bar) this.#bar.isOver = step === total;
    return ['bar', step, total];
  }
}
