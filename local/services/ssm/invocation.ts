/**
 * One command on one node: delivered, run step by step as the SSM agent does, reported. What the agent does with exit
 * codes, time-outs, cancels and the control flow of steps is taken from its source (pluginutil, runpluginutil, v3.3).
 */
import type { Clock, Timer } from '../../clock';
import type { HostCommandResult, RunningHostCommand } from '../../hosts/host';
import type { ResolvedStep } from './document-parameters';
import type { ManagedNode } from './nodes';

export type InvocationStatus =
  | 'Pending'
  | 'InProgress'
  | 'Success'
  | 'Failed'
  | 'TimedOut'
  | 'Cancelling'
  | 'Cancelled';

export interface StepReport {
  name: string;
  status: InvocationStatus;
  statusDetails: string;
  responseCode: number;
  stdout: string;
  stderr: string;
  startedAtMs?: number;
  endedAtMs?: number;
}

export interface InvocationRequest {
  commandId: string;
  steps: readonly ResolvedStep[];
  /** How long the command may wait for its node. */
  deliveryTimeoutSeconds: number;
  clock: Clock;
  changed: () => void;
}

/** From SendCommand until the agent has fetched the command. */
const DELIVERY_MS = 500;
/** Exit codes that mean something to the agent. */
const EXIT = { timedOut: 137, success: 168, failure: 169, reboot: 194 };
/** Every other code is a failure. */
const JUDGEMENTS: Record<number, InvocationStatus> = {
  0: 'Success',
  [EXIT.success]: 'Success',
  [EXIT.timedOut]: 'TimedOut',
};

export class Invocation {
  readonly steps: StepReport[];
  status: InvocationStatus = 'Pending';
  statusDetails = 'Pending';
  #running?: RunningHostCommand | undefined;
  #isCancelled = false;
  readonly #timers: Timer[];

  constructor(
    readonly node: ManagedNode,
    readonly request: InvocationRequest,
  ) {
    const { clock, steps, deliveryTimeoutSeconds } = request;
    this.steps = steps.map(({ name }) => ({
      name,
      status: 'Pending',
      statusDetails: 'Pending',
      responseCode: -1,
      stdout: '',
      stderr: '',
    }));
    const totalSeconds = steps.reduce((sum, step) => sum + step.timeoutSeconds, deliveryTimeoutSeconds);
    this.#timers = [
      clock.schedule(DELIVERY_MS, () => {
        this.#deliver().catch(() => this.#end('Failed', 'Failed'));
      }),
      clock.schedule(deliveryTimeoutSeconds * 1000, () => {
        if (this.status === 'Pending') this.#end('TimedOut', 'DeliveryTimedOut');
      }),
      // Also when it did run, but nobody was left to report.
      clock.schedule(totalSeconds * 1000, () => this.#end('TimedOut', 'DeliveryTimedOut')),
    ];
  }

  get hasEnded(): boolean {
    return !['Pending', 'InProgress', 'Cancelling'].includes(this.status);
  }

  cancel(): void {
    if (this.hasEnded) return;
    this.#isCancelled = true;
    if (this.status === 'Pending') {
      this.#end('Cancelled', 'Cancelled');
      return;
    }
    this.#set('Cancelling', 'Cancelling');
    this.#running?.cancel();
  }

  async #deliver(): Promise<void> {
    // A node that has vanished never fetches its command.
    if (this.status !== 'Pending' || this.node.vanishedAtMs !== undefined || !this.node.host) return;
    this.#set('InProgress', 'InProgress');
    const last = this.request.steps.length - 1;
    let isOver = false;
    for (const [index, step] of this.request.steps.entries()) {
      const report = this.steps[index];
      if (!report) continue;
      // A finally step counts only as the last one; it does not run after a cancel.
      if (this.#isCancelled) finish(report, 'Cancelled', 'Cancelled');
      else if (isOver && !(index === last && step.finallyStep)) finish(report, 'Success', 'Success');
      else isOver = (await this.#runStep(step, report)) || isOver;
    }
    this.#report();
  }

  /** True when the document ends after this step. */
  async #runStep(step: ResolvedStep, report: StepReport): Promise<boolean> {
    const { clock, commandId } = this.request;
    report.status = 'InProgress';
    report.statusDetails = 'InProgress';
    report.startedAtMs = clock.now();
    this.#running = this.node.host?.run({
      commandId,
      step: step.name,
      script: step.script,
      timeoutSeconds: step.timeoutSeconds,
      ...(step.workingDirectory ? { workingDirectory: step.workingDirectory } : {}),
    });
    const result = await this.#running?.finished.catch(toFailure);
    this.#running = undefined;
    report.endedAtMs = clock.now();
    if (!result) return true;
    report.stdout = result.stdout;
    report.stderr = result.stderr;
    report.responseCode = result.timedOut ? EXIT.timedOut : result.exitCode;
    if (this.#isCancelled) finish(report, 'Cancelled', 'Cancelled');
    else judge(report);
    return endsDocument(step, report);
  }

  #report(): void {
    const worst = (['Failed', 'TimedOut', 'Cancelled'] as const).find((status) =>
      this.steps.some((step) => step.status === status),
    );
    const details = worst === 'TimedOut' ? 'ExecutionTimedOut' : (worst ?? 'Success');
    this.#end(worst ?? 'Success', details);
  }

  #end(status: InvocationStatus, details: string): void {
    for (const timer of this.#timers) timer.cancel();
    if (!this.hasEnded) this.#set(status, details);
  }

  #set(status: InvocationStatus, details: string): void {
    this.status = status;
    this.statusDetails = details;
    this.request.changed();
  }
}

function toFailure(error: unknown): HostCommandResult {
  return { exitCode: 1, stdout: '', stderr: String(error), timedOut: false };
}

function finish(report: StepReport, status: InvocationStatus, details: string): void {
  report.status = status;
  report.statusDetails = details;
}

/** Applies onFailure and onSuccess; a step that timed out has not failed, and so ends nothing. */
function endsDocument(step: ResolvedStep, report: StepReport): boolean {
  if (report.responseCode === EXIT.success || report.responseCode === EXIT.failure) return true;
  if (report.status === 'Success') return step.onSuccess === 'exit';
  if (report.status !== 'Failed' || !step.onFailure) return false;
  if (step.onFailure === 'successAndExit') finish(report, 'Success', 'Success');
  return true;
}

function judge(report: StepReport): void {
  const status = JUDGEMENTS[report.responseCode] ?? 'Failed';
  finish(report, status, status === 'TimedOut' ? 'ExecutionTimedOut' : status);
  if (report.responseCode === EXIT.reboot) {
    report.stderr += '\nExit code 194 asks for a reboot: the local cloud does not reboot instances.\n';
  }
}
