/** The flight recorder: what the record has noted, and what the nodes measured, in the order of time. */
import type { Session, TimelineEntry } from '../session/session';
import type { AttemptView } from './attempt-view';

export function timelineOf(session: Session, attempts: readonly AttemptView[]): TimelineEntry[] {
  const measured = attempts.flatMap((attempt) => [...resumed(attempt), ...saved(attempt), ...waited(attempt)]);
  // Sorting is stable: what happened in the same millisecond stays as it was written down.
  return [...session.timeline, ...measured].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

function resumed({ number, resumedFrom, stages }: AttemptView): TimelineEntry[] {
  const at = stages.find(({ stage }) => stage === 'train')?.startedAt;
  if (!resumedFrom || at === undefined) return [];
  const step = resumedFrom.step === null ? '' : ` at step ${resumedFrom.step}`;
  return [{ at, what: `Attempt ${number} goes on${step} from ${resumedFrom.name}, verified` }];
}

/** The last save of an attempt that was told to go. */
function saved({ number, lastCheckpoint, shutdown, endedAt }: AttemptView): TimelineEntry[] {
  if (!shutdown || endedAt === null) return [];
  const { saveSeconds, uploadSeconds } = shutdown;
  const parts = [
    ...(saveSeconds === null ? [] : [`saved in ${saveSeconds.toFixed(1)} s`]),
    ...(uploadSeconds === null ? [] : [`uploaded in ${uploadSeconds.toFixed(1)} s`]),
  ];
  if (parts.length === 0) return [];
  const what = lastCheckpoint === null ? 'no checkpoint' : lastCheckpoint.name;
  return [{ at: lastCheckpoint?.committedAt ?? endedAt, what: `Attempt ${number} ${parts.join(', ')}: ${what}` }];
}

/** How long the next attempt stood before the fence: an older instance could still have been saving. */
function waited({ number, stages }: AttemptView): TimelineEntry[] {
  const wait = stages.find(({ stage, seconds }) => stage === 'wait' && (seconds ?? 0) >= 1);
  if (wait?.seconds == null) return [];
  return [
    {
      at: wait.startedAt,
      what: `Attempt ${number} waited ${wait.seconds.toFixed(1)} s until no older instance could train`,
    },
  ];
}
