import { REACTION_MS, type Trouble, troublesOf, utilizationWords } from '../decide/troubles';
import { logsCommand, stopCommand } from '../notifications/commands';
import type { Notification } from '../notifications/notification';
import type { Session } from '../session/session';
import { MINUTE_MS } from '../time';
import { inWords, sessionAlert } from './alert';

/** Training that makes no steps, does nothing, or has a loss that is no number; and what will be done about it. */
export function trainingTrouble(session: Session, now: number): Notification[] {
  return troublesOf(session, now).map((trouble) =>
    sessionAlert(session, now, {
      kind: trouble.kind,
      severity: trouble.kind === 'training-nan' ? 'error' : 'warning',
      id: trouble.id,
      headline: headlineOf(session, trouble),
      lines: [`${trouble.what}.`, ...detailLines(trouble), ...actionLines(session, trouble)],
    }),
  );
}

function headlineOf({ job }: Session, { kind, leader }: Trouble): string {
  const minutes = inWords((job.limits.stallMinutes ?? 0) * MINUTE_MS);
  switch (kind) {
    case 'training-stalled':
      return `has made no step for ${minutes}`;
    case 'training-idle':
      return `has done nothing for ${minutes}`;
    case 'training-nan':
      return `has a ${leader.status?.progress.notFinite?.metric ?? 'loss'} that is not a number`;
  }
}

function detailLines({ kind, leader }: Trouble): string[] {
  const { utilization, finiteCheckpoint } = leader.status ?? {};
  if (kind !== 'training-nan') {
    const busy = utilization && utilizationWords(utilization);
    return busy ? [`Over the last minute it used: ${busy}.`] : [];
  }
  const newest = finiteCheckpoint
    ? `The newest checkpoint from before is ${finiteCheckpoint.name}${finiteCheckpoint.step === null ? '' : ` (step ${finiteCheckpoint.step})`}.`
    : 'No checkpoint was committed before.';
  return [newest, 'Later ones do not take its place: they are resumed from only where there is no other.'];
}

const WHAT_FOLLOWS = {
  TrainingStalled: 'it is told to save and stop, and can be resumed',
  LossNotFinite: 'it is told to stop, and can be resumed',
  TrainingRestarted: 'it is told to save, and a new attempt goes on from its newest checkpoint',
} as const;

function actionLines(session: Session, { asked }: Trouble): string[] {
  const command = `  ${stopCommand(session)}`;
  const look = ['Its log:', `  ${logsCommand(session)}`];
  if (asked === null) return [...look, 'Nothing was stopped, and the instance is paid for. To save and stop:', command];
  const { error, setting } = asked;
  return [
    ...look,
    `If this lasts for ${inWords(REACTION_MS)} more, ${WHAT_FOLLOWS[error]} (${setting}). To save and stop now:`,
    command,
  ];
}
