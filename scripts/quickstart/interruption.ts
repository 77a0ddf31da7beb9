/** When the quickstart takes the instance away: in the middle of training, with something saved already. Pure. */
import type { AttemptView, Disturbance, RunView } from './run-view';

const LEAST_CHECKPOINTS = 2;
const LEAST_SHARE = 0.4;

/**
 * The first attempt, once it is to be disturbed; undefined before that. `before` is the view before this one.
 * A host is killed just after a checkpoint was committed: what is lost then is what training did since, and not, by bad
 * luck, also the interval before it, whose checkpoint was on its way.
 */
export function attemptToInterrupt(
  view: RunView,
  before: RunView | undefined,
  disturbance: Disturbance,
): AttemptView | undefined {
  if (disturbance === 'none') return undefined;
  const [first] = view.attempts;
  if (first?.status?.stage !== 'train') return undefined;
  const { step, total } = first.progress ?? { step: null, total: null };
  if (step === null || !total || step / total < LEAST_SHARE) return undefined;
  const committed = sequenceOf(first);
  if (committed < LEAST_CHECKPOINTS) return undefined;
  return disturbance === 'notice' || committed > sequenceOf(before?.attempts[0]) ? first : undefined;
}

function sequenceOf(attempt: AttemptView | undefined): number {
  return attempt?.status?.lastCheckpoint?.sequence ?? 0;
}
