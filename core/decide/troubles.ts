/**
 * What can be wrong with a training that goes on, as a pure function of the session's record. The user is told of it
 * (core/alerts), and what the job's `on` asks for is done when it has not passed by then (core/decide/intervene.ts).
 */
import type { NotFinite, Utilization } from '../node/node-status';
import { activeAttempt } from '../session/attempts';
import type { Attempt, Intervention, Node, Session } from '../session/session';
import { isOlderThan, MINUTE_MS, utc } from '../time';

export interface Trouble {
  kind: 'training-stalled' | 'training-idle' | 'training-nan';
  /** The same as long as it lasts, and of no other: the alert's id in the session. */
  id: string;
  attempt: Attempt;
  leader: Node;
  /** In a sentence. */
  what: string;
  /** What the job asks for; null: to be told only. */
  asked: { error: Exclude<Intervention['error'], 'TrainingMigrated'>; setting: string } | null;
}

/** From telling the user to doing what the job asks for: the trouble may pass, or somebody may want to look. */
export const REACTION_MS = 5 * MINUTE_MS;

export function troublesOf(session: Session, now: number): Trouble[] {
  const active = activeAttempt(session);
  if (active === undefined || !isTraining(session, active)) return [];
  const found = [stalled, idle, notFinite].map((look) => look(session, active, now));
  return found.filter((trouble) => trouble !== null);
}

/** One that is on its way out has other things to do. */
function isTraining({ stopRequest }: Session, { attempt, leader }: Training): boolean {
  const isUntold = stopRequest === null && attempt.intervention === undefined;
  return isUntold && leader.status?.stage === 'train' && leader.noticeAt === null;
}

type Training = Pick<Trouble, 'attempt' | 'leader'>;

/** No new step for limits.stallMinutes, of a job whose steps can be read. */
function stalled(session: Session, { attempt, leader }: Training, now: number): Trouble | null {
  const { stallMinutes } = session.job.limits;
  const { steppedAt, step, total } = leader.status?.progress ?? { steppedAt: null, step: null, total: null };
  if (stallMinutes === null || steppedAt === null || !isOlderThan(steppedAt, stallMinutes * MINUTE_MS, now))
    return null;
  // After the last step there is evaluating and saving.
  const isThrough = total !== null && step !== null && step >= total;
  return {
    kind: 'training-stalled',
    id: `stalled-${attempt.number}-${step}`,
    attempt,
    leader,
    what: `It has made no step since ${utc(steppedAt)} (step ${step}, on ${leader.instanceId}; limits.stallMinutes is ${stallMinutes})`,
    asked: isThrough ? null : stallAction(session),
  };
}

/** Every device of every node near zero for limits.stallMinutes, of a job whose steps cannot be read. */
function idle(session: Session, { attempt, leader }: Training, now: number): Trouble | null {
  const { stallMinutes } = session.job.limits;
  const measured = attempt.nodes.map(({ status }) => status?.utilization ?? null);
  const isIdle = (each: Utilization | null) =>
    each !== null && stallMinutes !== null && isOlderThan(each.busyAt, stallMinutes * MINUTE_MS, now);
  const busyAt = leader.status?.utilization?.busyAt;
  if (stallMinutes === null || leader.status?.progress.steppedAt != null || !measured.every(isIdle)) return null;
  return {
    kind: 'training-idle',
    id: `idle-${attempt.number}`,
    attempt,
    leader,
    what: `Neither CPU nor GPU has had anything to do since ${busyAt && utc(busyAt)} (${leader.instanceId}; limits.stallMinutes is ${stallMinutes})`,
    asked: stallAction(session),
  };
}

function notFinite({ job }: Session, { attempt, leader }: Training): Trouble | null {
  const loss = leader.status?.progress.notFinite;
  if (loss === undefined) return null;
  return {
    kind: 'training-nan',
    id: `nan-${attempt.number}-${loss.step}`,
    attempt,
    leader,
    what: lossWords(loss),
    asked: job.on.nan === 'stop' ? { error: 'LossNotFinite', setting: 'on.nan is "stop"' } : null,
  };
}

function lossWords({ metric, step, finiteStep, at }: NotFinite): string {
  const since = step === null ? `since ${utc(at)}` : `since step ${step} (${utc(at)})`;
  const before = finiteStep === null ? '' : `; at step ${finiteStep} it still was`;
  return `Its ${metric} is not a number (NaN or infinite) ${since}${before}`;
}

function stallAction({ job }: Session): Trouble['asked'] {
  const { stall } = job.on;
  if (stall === 'alert') return null;
  return {
    error: stall === 'restart' ? 'TrainingRestarted' : 'TrainingStalled',
    setting: `on.stall is "${stall}"`,
  };
}

/** e.g. `GPUs 97 %, 98 %, CPU 12 %`; undefined when nothing was measured. */
export function utilizationWords({ cpu, gpus }: Pick<Utilization, 'cpu' | 'gpus'>): string | undefined {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const parts = [
    ...(gpus.length > 0 ? [`${gpus.length > 1 ? 'GPUs' : 'GPU'} ${gpus.map(percent).join(', ')}`] : []),
    ...(cpu === null ? [] : [`CPU ${percent(cpu)}`]),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}
