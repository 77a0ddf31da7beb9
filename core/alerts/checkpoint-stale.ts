import { logsCommand, stopCommand } from '../notifications/commands';
import type { Notification } from '../notifications/notification';
import { activeAttempt } from '../session/attempts';
import type { Node, Session } from '../session/session';
import { iso, MINUTE_MS, ms, utc } from '../time';
import { inWords, sessionAlert } from './alert';

/** So many intervals between checkpoints without one are no accident. */
const INTERVALS = 3;
/** Not sooner: short intervals vary. */
const LEAST_MS = 15 * MINUTE_MS;
/** Of a session that has not saved at all yet. */
const FIRST_MS = 60 * MINUTE_MS;

/** A job that silently stopped saving: its newest committed checkpoint is older than its rhythm can explain. */
export function checkpointStale(session: Session, now: number): Notification[] {
  const active = activeAttempt(session);
  if (active === undefined) return [];
  const { attempt, leader } = active;
  const trainingMs = trainingSinceMs(leader);
  if (trainingMs === null || leader.noticeAt !== null) return [];
  const newest = leader.status?.lastCheckpoint ?? null;
  const sinceMs = newest === null ? trainingMs : ms(newest.committedAt);
  const intervalMs = newest === null ? null : Math.max(0, sinceMs - trainingMs) / newest.sequence;
  const patienceMs = intervalMs === null ? FIRST_MS : Math.max(LEAST_MS, INTERVALS * intervalMs);
  if (now - sinceMs < patienceMs) return [];
  const age = inWords(now - sinceMs);
  const last =
    newest === null
      ? `No checkpoint was committed since training began ${age} ago.`
      : `The newest committed checkpoint is ${newest.name}, of ${utc(newest.committedAt)}, ${age} ago; before that there was one about every ${inWords(intervalMs ?? 0)}.`;
  const { dir, pattern } = session.job.checkpoints;
  return [
    sessionAlert(session, now, {
      kind: 'checkpoint-stale',
      severity: 'error',
      id: `stale-${attempt.number}-${newest?.sequence ?? 0}`,
      headline: 'has stopped saving',
      lines: [
        last,
        `What is trained since ${utc(iso(sinceMs))} would be lost in an interruption. Nothing was stopped.`,
        `Does its log tell of saves that failed, is the disk of ${leader.instanceId} full, do files in ${dir}/ still match ${pattern}?`,
        `  ${logsCommand(session)}`,
        'To save and stop:',
        `  ${stopCommand(session)}`,
      ],
    }),
  ];
}

/** null: it does not train now. */
function trainingSinceMs({ status }: Node): number | null {
  const began = status?.stage === 'train' ? status.stages.find(({ stage }) => stage === 'train') : undefined;
  return began === undefined ? null : ms(began.startedAt);
}
