/** `runctl drill`: a local cloud of its own, the job, two disturbances, a judgement. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { currentView, type SessionView, sessionView } from '../../core/view/session-view';
import { CliError } from '../cli-error';
import { type Cloud, openCloudAt } from '../cloud/open-cloud';
import { localPlace } from '../cloud/place';
import { requestStop } from '../cloud/request-stop';
import type { CliContext } from '../context';
import { EXIT, type ExitCode } from '../exit-codes';
import { callLocal } from '../local/disturb';
import { DEFAULT_STACK, type JsonOption } from '../options';
import { renderDrill } from '../render/drill';
import { sessionIdAt } from '../session-id';
import { type ReadSpec, readSpec } from '../spec/read-spec';
import { prepareJob } from '../submit-job';
import { Printer } from '../terminal/printer';
import { type DrillEvidence, judgeDrill } from './findings';

export interface DrillOptions extends JsonOption {
  set: string[];
  minutes: number;
  toTheEnd?: true;
}

const LOOK_EVERY_MS = 300;
const MINUTE_MS = 60_000;

export async function runDrill(context: CliContext, file: string, options: DrillOptions): Promise<ExitCode> {
  const printer = new Printer(context);
  const spec = await readSpec(context, file, options.set);
  refuseRemote(spec);
  context.cleansUp();
  const dataDir = await mkdtemp(join(tmpdir(), 'runctl-drill-'));
  try {
    const { startFromCheckout } = await context.seams.localCloud();
    const onSynthesize = () => printer.note('synthesizing the stack …');
    const local = await startFromCheckout({
      ...{ dataDir, port: 0, speed: 1, assemblyDir: undefined, onSynthesize, log: () => {} },
    });
    try {
      const cloud = await openCloudAt(await localPlace(local, context.clock), { stack: DEFAULT_STACK, local: true });
      const evidence = await new Drill(context, cloud, local.endpoint, options, printer).run(spec);
      return tell(printer, evidence, options);
    } finally {
      await local.close();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** The local cloud's bucket is a new one. */
function refuseRemote({ raw }: ReadSpec): void {
  for (const field of ['code', 'data'] as const) {
    const value = raw[field];
    if (typeof value !== 'string' || !value.startsWith('s3://')) continue;
    const hint = `Name a copy on this machine: --set ${field}=./folder`;
    throw new CliError(`${field} is in S3 (${value}), and a drill runs here.`, { exitCode: EXIT.invalidJob, hint });
  }
}

function tell(printer: Printer, evidence: DrillEvidence, { json }: DrillOptions): ExitCode {
  const report = judgeDrill(evidence);
  if (json) printer.json(report);
  else printer.lines(renderDrill(report, printer.paint));
  return report.checks.every(({ isOk }) => isOk) ? EXIT.ok : EXIT.checksFailed;
}

class Drill {
  readonly #giveUpAtMs: number;
  #sessionId = '';
  readonly #leastSteps = new Map<number, number>();

  constructor(
    private readonly context: CliContext,
    private readonly cloud: Cloud,
    private readonly endpoint: string,
    private readonly options: DrillOptions,
    private readonly printer: Printer,
  ) {
    this.#giveUpAtMs = context.clock.now() + options.minutes * MINUTE_MS;
  }

  async run(spec: ReadSpec): Promise<DrillEvidence> {
    const { cloud, printer, options } = this;
    const job = await prepareJob(this.context, cloud, spec, printer);
    this.#sessionId = sessionIdAt(String(job['name']), cloud.clock.now());
    await cloud.sessions.start(this.#sessionId, job);
    printer.note('running, until it has committed a checkpoint and trained on …');
    const first = await this.#until((view) => hasTrainedOn(view, 1));
    if (!first.isOver) {
      await this.#disturb('interrupt', first);
      printer.note('interrupted; until attempt 2 has committed a checkpoint and trained on …');
    }
    const second = await this.#until((view) => hasTrainedOn(view, 2));
    const loss = second.isOver ? null : await this.#takeHost(second);
    if (loss) printer.note('its host is gone; until attempt 3 trains …');
    const third = await this.#until((view) => view.attempt === 3 && view.state === 'training');
    if (!third.isOver && !options.toTheEnd) await requestStop(cloud.client, { sessionId: this.#sessionId });
    await this.#until(() => false);
    const view = sessionView(await cloud.sessions.find(this.#sessionId, 'all'));
    return { view, loss, leastSteps: this.#leastSteps, toTheEnd: options.toTheEnd === true };
  }

  async #takeHost(view: SessionView): Promise<DrillEvidence['loss']> {
    const at = new Date(this.cloud.clock.now()).toISOString();
    await this.#disturb('kill', view);
    return { at, step: view.progress?.step ?? null };
  }

  async #disturb(call: 'interrupt' | 'kill', view: SessionView): Promise<void> {
    const instanceId = currentView(view)?.nodes[0]?.instanceId;
    if (instanceId === undefined) throw new CliError('There is no instance to disturb.');
    await callLocal(this.endpoint, call, call === 'kill' ? { instanceId, silent: false } : { instanceId });
  }

  #tookStep({ attempt, state, progress }: SessionView): void {
    const step = progress?.step;
    if (attempt === null || step == null || state !== 'training') return;
    this.#leastSteps.set(attempt, Math.min(step, this.#leastSteps.get(attempt) ?? step));
  }

  /** The first view of which it holds, or the last one. */
  async #until(holds: (view: SessionView) => boolean): Promise<SessionView> {
    for (;;) {
      const view = sessionView(await this.cloud.sessions.find(this.#sessionId));
      this.#tookStep(view);
      if (view.isOver || holds(view)) return view;
      if (this.context.clock.now() > this.#giveUpAtMs) {
        const at = view.progress?.step == null ? '' : ` at step ${view.progress.step}`;
        throw new CliError(
          `After ${this.options.minutes} min it is still ${view.state}${at}, attempt ${view.attempt}.`,
          {
            exitCode: EXIT.checksFailed,
            hint: 'Give it longer (--minutes), or have it save more often. Without a checkpoint nothing can be resumed.',
          },
        );
      }
      await this.context.sleep(LOOK_EVERY_MS);
    }
  }
}

/** Past a checkpoint of its own: what is lost then shows. */
function hasTrainedOn(view: SessionView, number: number): boolean {
  const { state, progress } = view;
  const attempt = currentView(view);
  const saved = attempt?.lastCheckpoint;
  if (attempt?.number !== number || !saved || state !== 'training') return false;
  return saved.step === null || (progress?.step ?? 0) > saved.step;
}
