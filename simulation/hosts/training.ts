/**
 * The model of a training command: it counts steps, saves a checkpoint every so many, and on SIGTERM does what its script
 * does. What it saves says which step it holds and whether it is whole, so that whoever resumes from it can be held to it.
 */
import type { Clock, Timer } from '../../local/clock';
import type { Script } from '../scenario';
import type { ModelProcess } from './process-table';
import type { VirtualFiles } from './virtual-files';

export interface TrainingStart {
  pid: number;
  marker: string;
  instanceId: string;
  sessionId: string;
  attempt: number;
  rank: number;
  checkpointFolder: string;
  outputFolder: string;
  logPath: string;
  /** The checkpoint to go on from. */
  resumePath: string | undefined;
}

export interface TrainingOptions extends TrainingStart {
  clock: Clock;
  files: VirtualFiles;
  script: Script;
  /** Told once of its end. */
  onExit: (end: { exitCode: number | null; signal: string | null }) => void;
  onSaved: (step: number) => void;
}

const WHOLE = 'whole';

/** What a checkpoint file says of itself. */
export function readCheckpoint(text: string | undefined): { step: number; isWhole: boolean } | undefined {
  const [, step] = /^step (\d+) /.exec(text ?? '') ?? [];
  return step === undefined ? undefined : { step: Number(step), isWhole: (text ?? '').endsWith(WHOLE) };
}

export class Training implements ModelProcess {
  readonly pid: number;
  readonly marker: string;
  /** Where it began. */
  readonly firstStep: number;
  /** What it resumed from is complete, or there was nothing. */
  readonly beganWhole: boolean;
  #writes: string | undefined;
  #step: number;
  #countingSinceMs: number | undefined;
  /** Counting ends there, for a checkpoint or for good. */
  #until = 0;
  #timer: Timer | undefined;
  #isStopping = false;
  #hasEnded = false;

  constructor(readonly options: TrainingOptions) {
    const { pid, marker, files, resumePath } = options;
    this.pid = pid;
    this.marker = marker;
    const found = resumePath === undefined ? undefined : readCheckpoint(files.read(resumePath));
    this.firstStep = found?.step ?? 0;
    this.beganWhole = resumePath === undefined || found?.isWhole === true;
    this.#step = this.firstStep;
    this.#count();
  }

  get writes(): string | undefined {
    return this.#writes;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The step that it has completed by now. */
  get step(): number {
    if (this.#countingSinceMs === undefined) return this.#step;
    const { clock, script } = this.options;
    // Times are fractions: a step may seem to be done a moment too late.
    return Math.min(this.#until, this.#step + Math.floor((clock.now() - this.#countingSinceMs) / script.stepMs + 1e-6));
  }

  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    if (this.#hasEnded) return;
    const { onSigterm } = this.options.script;
    if (name === 'SIGKILL') this.#end(null, 'SIGKILL');
    else if (onSigterm === 'dies') this.#end(null, 'SIGTERM');
    else if (onSigterm === 'saves') this.#saveAndEnd();
  }

  #saveAndEnd(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    // It may be in the middle of a save, which it ends first.
    if (this.#countingSinceMs === undefined) return;
    this.#pause();
    this.#save(() => this.#end(0, null));
  }

  /** The machine is gone. */
  vanish(): void {
    if (!this.#hasEnded) this.#end(null, 'SIGKILL');
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
      if (fails) return this.#end(1, null);
      this.#save(() => (this.#isStopping ? this.#end(0, null) : this.#step >= steps ? this.#finish() : this.#count()));
    });
  }

  #pause(): void {
    this.#step = this.step;
    this.#countingSinceMs = undefined;
    this.#timer?.cancel();
  }

  /** Writes beside and renames, or writes in place, as scripts do. */
  #save(then: () => void): void {
    const { clock, files, script, checkpointFolder, logPath } = this.options;
    const path = `${checkpointFolder}/step-${this.#step}.pt`;
    const draft = script.renames ? `${path}.tmp` : path;
    files.append(logPath, `step=${this.#step} total=${script.steps} loss=${(1 / (1 + this.#step)).toFixed(4)}\n`);
    files.write(draft, `step ${this.#step} `);
    this.#writes = draft;
    this.#timer = clock.schedule(script.saveMs, () => {
      files.write(draft, `step ${this.#step} ${WHOLE}`);
      if (draft !== path) files.rename(draft, path);
      this.#writes = undefined;
      this.options.onSaved(this.#step);
      then();
    });
  }

  #finish(): void {
    const { files, outputFolder } = this.options;
    files.makeFolder(outputFolder);
    files.write(`${outputFolder}/model.pt`, `model after ${this.#step} steps`);
    this.#end(0, null);
  }

  #end(exitCode: number | null, signal: string | null): void {
    this.#pause();
    this.#hasEnded = true;
    this.#writes = undefined;
    this.options.onExit({ exitCode, signal });
  }
}
