/** When the quickstart takes the instance away: in the middle of training, with something saved already. Pure. */
import type { AttemptView, RunView } from './run-view';

const LEAST_CHECKPOINTS = 2;
const LEAST_SHARE = 0.4;

/** The first attempt, once it is to be disturbed; undefined before that. */
export function attemptToInterrupt(view: RunView): AttemptView | undefined {
  const [first] = view.attempts;
  if (first?.status?.stage !== 'train') return undefined;
  const { step, total } = first.progress ?? { step: null, total: null };
  if (step === null || !total || step / total < LEAST_SHARE) return undefined;
  return (first.status.lastCheckpoint?.sequence ?? 0) >= LEAST_CHECKPOINTS ? first : undefined;
}
