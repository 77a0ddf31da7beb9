/** What the node says of itself: the heartbeat, and the last word. */
import type {
  CommittedCheckpoint,
  FinalStatus,
  NodeStatus,
  Progress,
  ResumedFrom,
  Stage,
  StageTiming,
  Transfer,
  Utilization,
} from '../core/node/node-status';
import { finalKey, statusKey } from '../core/s3-layout';
import type { Clock, Log, ObjectStore } from './ports';
import { messageOf } from './retry';
import type { TransferMeter } from './transfer-meter';

export interface StatusReporterOptions {
  clock: Clock;
  log: Log;
  store: ObjectStore;
  bucket: string;
  userId: string;
  sessionId: string;
  attempt: number;
  heartbeatMs: number;
  progress: () => Progress;
}

/** What the rest of the agent adds to make the last word. */
export type FinalFields = Pick<
  FinalStatus,
  | 'notice'
  | 'outcome'
  | 'reason'
  | 'exitCode'
  | 'signal'
  | 'error'
  | 'stage'
  | 'logTail'
  | 'logUri'
  | 'shutdown'
  | 'resultsManifestUri'
>;

const MOST_WARNINGS = 50;
const MOST_STAGES = 64;
const MOST_SOUND = 16;
const LONGEST_TEXT = 4096;

const shareOf = (transfer: Transfer | null) =>
  transfer?.totalBytes ? Math.min(1, transfer.doneBytes / transfer.totalBytes) : null;
const short = (text: string) => text.slice(0, LONGEST_TEXT);

export class StatusReporter {
  readonly #agentStartedAt: string;
  #seq = 0;
  #stage: Stage = 'boot';
  #stageSinceMs: number;
  #stages: StageTiming[];
  #fraction: number | null = null;
  #transfer: TransferMeter | null = null;
  #warnings: string[] = [];
  #stopping: NodeStatus['stopping'] = null;
  #writing: Promise<void> = Promise.resolve();
  #isQueued = false;
  #finalWriting: Promise<void> = Promise.resolve();
  #hasOutcome = false;
  #sound: CommittedCheckpoint[] = [];
  lastCheckpoint: CommittedCheckpoint | null = null;
  resumedFrom: ResumedFrom | null = null;
  /** How busy the machine is; asked with each heartbeat. */
  utilization: () => Utilization | null = () => null;
  isRebalanceRecommended = false;

  constructor(private readonly options: StatusReporterOptions) {
    this.#agentStartedAt = this.#now();
    this.#stageSinceMs = options.clock.monotonic();
    this.#stages = [{ stage: 'boot', startedAt: this.#agentStartedAt, seconds: null }];
  }

  get stage(): Stage {
    return this.#stage;
  }

  enter(stage: Stage): void {
    const { clock, log } = this.options;
    log(`stage ${stage}`);
    const seconds = (clock.monotonic() - this.#stageSinceMs) / 1000;
    const closed = this.#stages.map((each) => (each.seconds === null ? { ...each, seconds } : each));
    this.#stages = [...closed, { stage, startedAt: this.#now(), seconds: null }].slice(-MOST_STAGES);
    this.#stage = stage;
    this.#stageSinceMs = clock.monotonic();
    this.#fraction = null;
    this.#transfer = null;
    this.report();
  }

  /** One that was saved while the loss was a number, or not known to be none. */
  noteSound(checkpoint: CommittedCheckpoint): void {
    this.#sound = [checkpoint, ...this.#sound].slice(0, MOST_SOUND);
  }

  /** The newest from before the loss was none. */
  #finiteCheckpoint({ notFinite }: Progress): CommittedCheckpoint | null {
    const isBefore = ({ step }: CommittedCheckpoint) =>
      step === null || notFinite?.finiteStep == null || step <= notFinite.finiteStep;
    return notFinite === undefined ? null : (this.#sound.find(isBefore) ?? null);
  }

  setFraction(fraction: number | null): void {
    this.#fraction = fraction;
  }

  /** Of this stage, from now on. */
  follow(transfer: TransferMeter): void {
    this.#transfer = transfer;
  }

  warn(text: string): void {
    this.options.log(`warning: ${text}`);
    this.#warnings = [...this.#warnings, short(text)].slice(-MOST_WARNINGS);
    this.report();
  }

  setStopping(reason: string): void {
    this.#stopping ??= { reason: short(reason), at: this.#now() };
    this.report();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.report();
      await this.options.clock.sleep(this.options.heartbeatMs, signal);
    }
  }

  /** Writes the heartbeat soon; writes never overlap, and one that waits speaks for all. */
  report(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    this.#writing = this.#writing.then(() => this.#write());
  }

  async #write(): Promise<void> {
    const { store, bucket, userId, log } = this.options;
    this.#isQueued = false;
    this.#seq += 1;
    try {
      await store.putText({ bucket, key: statusKey(userId) }, JSON.stringify(this.#status()));
    } catch (error) {
      log(`heartbeat: ${messageOf(error)}`);
    }
  }

  #status(): NodeStatus {
    const { sessionId, attempt, clock } = this.options;
    const progress = this.options.progress();
    const transfer = this.#transfer?.read() ?? null;
    return {
      version: 1,
      seq: this.#seq,
      agentStartedAt: this.#agentStartedAt,
      sessionId,
      attempt,
      at: new Date(clock.now()).toISOString(),
      stage: this.#stage,
      stages: this.#stages,
      stageFraction: this.#fraction ?? shareOf(transfer),
      transfer,
      progress,
      utilization: this.#stage === 'train' ? this.utilization() : null,
      lastCheckpoint: this.lastCheckpoint,
      finiteCheckpoint: this.#finiteCheckpoint(progress),
      resumedFrom: this.resumedFrom,
      warnings: this.#warnings,
      isRebalanceRecommended: this.isRebalanceRecommended,
      stopping: this.#stopping,
    };
  }

  /** Writes final/<user id>.json once; the caller tries again. A notice never overwrites an outcome. */
  writeFinal(fields: FinalFields): Promise<void> {
    this.#hasOutcome ||= fields.outcome !== null;
    const written = this.#finalWriting.then(() =>
      fields.outcome === null && this.#hasOutcome ? undefined : this.#writeFinal(fields),
    );
    this.#finalWriting = written.catch(() => undefined);
    return written;
  }

  async #writeFinal(fields: FinalFields): Promise<void> {
    const { store, bucket, userId, sessionId, attempt } = this.options;
    const progress = this.options.progress();
    const final: FinalStatus = {
      version: 1,
      sessionId,
      attempt,
      at: this.#now(),
      ...fields,
      error: fields.error === null ? null : short(fields.error),
      lastCheckpoint: this.lastCheckpoint,
      finiteCheckpoint: this.#finiteCheckpoint(progress),
      resumedFrom: this.resumedFrom,
      progress,
      stages: this.#stages,
    };
    await store.putText({ bucket, key: finalKey(userId) }, JSON.stringify(final));
  }

  #now(): string {
    return new Date(this.options.clock.now()).toISOString();
  }
}
