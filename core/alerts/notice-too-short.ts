import { wayOutOf, wayOutWords } from '../node/way-out';
import { stopCommand } from '../notifications/commands';
import type { Notification } from '../notifications/notification';
import { activeAttempt } from '../session/attempts';
import type { Session } from '../session/session';
import { sessionAlert } from './alert';

/** Once per session, as soon as a checkpoint was measured: its last save would not survive a spot notice. */
export function noticeTooShort(session: Session, now: number): Notification[] {
  const leader = activeAttempt(session)?.leader;
  const checkpoint = leader?.status?.lastCheckpoint;
  if (!leader || !checkpoint) return [];
  const { graceSeconds } = session.job.limits;
  const wayOut = wayOutOf(checkpoint, graceSeconds);
  const isTooLong = leader.market === 'spot' && !wayOut.isEnough;
  if (!isTooLong && !wayOut.isGraceTooShort) return [];
  const size = `${(checkpoint.sizeBytes / 2 ** 30).toFixed(1)} GiB`;
  return [
    sessionAlert(session, now, {
      kind: 'notice-too-short',
      severity: 'warning',
      id: 'notice-too-short',
      headline: 'could not save in time when it is interrupted',
      lines: [
        `Its checkpoint ${checkpoint.name} has ${size}: at the rate that was measured, ${wayOutWords(wayOut)}.`,
        ...(isTooLong
          ? [
              `A spot notice gives ${wayOut.availableSeconds} s. Its last save would be lost then, and training would go back to the newest committed checkpoint.`,
              'Save more often, so that less is lost; or save less (without the optimizer, sharded with checkpoints.upload "all"), or name types with a faster network.',
            ]
          : []),
        ...(wayOut.isGraceTooShort
          ? [
              `limits.graceSeconds is ${graceSeconds}, less than saving alone takes: at any stop it would be killed in the middle of its save. Raise it.`,
            ]
          : []),
        'Nothing was stopped. To save and stop, and to go on with a job that is changed so ("resumeFrom"):',
        `  ${stopCommand(session)}`,
      ],
    }),
  ];
}
