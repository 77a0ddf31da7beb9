/** What people are told a week before a session's checkpoints are deleted. */

import { resumeHint } from '../notifications';
import { resumeCommands } from '../notifications/commands';
import type { Notification } from '../notifications/notification';
import { checkpointsPrefix, s3Uri } from '../s3-layout';
import type { Session } from '../session/session';
import { utc } from '../time';

/** What one node has stored. */
export interface KeptCheckpoints {
  userId: string;
  checkpoints: number;
  sizeBytes: number;
}

const SHOWN_LIMIT = 10;

export function retentionNotification(
  session: Session,
  kept: readonly KeptCheckpoints[],
  { deleteAt, bucket }: { deleteAt: string; bucket: string },
): Notification {
  const { sessionId, job, outcome } = session;
  const day = deleteAt.slice(0, 10);
  const sum = (pick: (each: KeptCheckpoints) => number) => kept.reduce((total, each) => total + pick(each), 0);
  const count = sum(({ checkpoints }) => checkpoints);
  const gib = (sum(({ sizeBytes }) => sizeBytes) / 2 ** 30).toFixed(2);
  const place = (userId: string) => s3Uri({ bucket, key: checkpointsPrefix(userId) });
  const copies = kept
    .slice(0, SHOWN_LIMIT)
    .map(({ userId }) => `  aws s3 sync ${place(userId)} ${sessionId}-checkpoints/${userId.split(':').at(-1)}/`);
  const more = kept.length > SHOWN_LIMIT ? [`  … and of ${kept.length - SHOWN_LIMIT} more instances`] : [];
  return {
    alertId: `retention-${sessionId}-${day}`,
    kind: 'retention',
    severity: outcome?.result === 'succeeded' ? 'info' : 'warning',
    sessionId,
    subject: `runctl: checkpoints of ${sessionId} are deleted on ${day}`,
    body: [
      `Training job ${job.name} (project ${job.project}, owner ${job.owner}), session ${sessionId}, ended ${outcome && utc(outcome.at)}: ${outcome?.result}.`,
      `What it saved (${count} ${count === 1 ? 'checkpoint' : 'checkpoints'}, ${gib} GiB) is deleted after ${utc(deleteAt)}. Results, logs and receipt stay.`,
      '',
      'To keep a copy:',
      ...copies,
      ...more,
      ...(outcome?.resumable
        ? [
            '',
            resumeHint(sessionId),
            ...resumeCommands(session, null),
            'That keeps them for as long as that session is kept.',
          ]
        : []),
    ].join('\n'),
  };
}
