/**
 * The model of a training command on one node: with its group it counts steps and saves checkpoints, and on SIGTERM it
 * does what its script does. What it saves says which step it holds and whether it is whole, so that whoever resumes
 * from it can be held to it.
 */
import type { Clock, Timer } from '../../local/clock';
import type { Script } from '../scenario';
import type { ModelProcess } from './process-table';
import type { Rank, TrainingGroup } from './training-group';
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
  group: TrainingGroup;
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

export class Training implements ModelProcess, Rank {
  readonly pid: number;
  readonly marker: string;
  readonly rank: number;
  /** Where it began. */
  readonly firstStep: number;
  /** What it resumed from is complete, or there was nothing. */
  readonly beganWhole: boolean;
  #writes: string | undefined;
  #saving: Timer | undefined;
  #lastStep: number | undefined;

  constructor(readonly options: TrainingOptions) {
    const { pid, marker, rank, files, resumePath } = options;
    this.pid = pid;
    this.marker = marker;
    this.rank = rank;
    const found = resumePath === undefined ? undefined : readCheckpoint(files.read(resumePath));
    this.firstStep = found?.step ?? 0;
    this.beganWhole = resumePath === undefined || found?.isWhole === true;
  }

  get writes(): string | undefined {
    return this.#writes;
  }

  get hasEnded(): boolean {
    return this.#lastStep !== undefined;
  }

  /** The step that it has completed by now. */
  get step(): number {
    const { group } = this.options;
    return this.#lastStep ?? (group.hasBegun ? group.step : this.firstStep);
  }

  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    const { script, group } = this.options;
    // Until its ranks have met, a script has no handler yet.
    const dies = name === 'SIGKILL' || script.onSigterm === 'dies' || !group.hasBegun;
    if (dies) this.#end(null, name);
    else if (script.onSigterm === 'saves') group.stop();
  }

  /** The machine is gone. */
  vanish(): void {
    this.#end(null, 'SIGKILL', { isSilent: true });
  }

  /** Writes beside and renames, or writes in place, as scripts do. */
  save(step: number, then: () => void): void {
    const { clock, files, script, checkpointFolder, logPath } = this.options;
    const path = `${checkpointFolder}/step-${step}.pt`;
    const draft = script.renames ? `${path}.tmp` : path;
    files.append(logPath, `step=${step} total=${script.steps} loss=${(1 / (1 + step)).toFixed(4)}\n`);
    files.write(draft, `step ${step} `);
    this.#writes = draft;
    this.#saving = clock.schedule(script.saveMs, () => {
      files.write(draft, `step ${step} ${WHOLE}`);
      if (draft !== path) files.rename(draft, path);
      this.#writes = undefined;
      this.options.onSaved(step);
      then();
    });
  }

  finish(): void {
    const { files, outputFolder } = this.options;
    files.makeFolder(outputFolder);
    if (this.rank === 0) files.write(`${outputFolder}/model.pt`, `model after ${this.step} steps`);
    this.#end(0, null);
  }

  end(exitCode: number | null): void {
    this.#end(exitCode, null);
  }

  #end(exitCode: number | null, signal: string | null, { isSilent } = { isSilent: false }): void {
    if (this.hasEnded) return;
    this.#lastStep = this.step;
    this.#saving?.cancel();
    this.#writes = undefined;
    this.options.onExit({ exitCode, signal });
    this.options.group.leave(this, { isSilent });
  }
}
