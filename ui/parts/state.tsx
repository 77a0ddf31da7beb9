/** A session's state as colour, shape and word: never colour alone. */
import type { SessionState } from '../../core/view/session-state';

export type Tone = 'live' | 'wait' | 'leave' | 'good' | 'bad' | 'rest';

const TONES: Record<SessionState, Tone> = {
  planning: 'wait',
  launching: 'wait',
  'waiting for capacity': 'wait',
  starting: 'wait',
  staging: 'wait',
  training: 'live',
  saving: 'leave',
  uploading: 'leave',
  stopping: 'leave',
  finishing: 'live',
  succeeded: 'good',
  failed: 'bad',
  stopped: 'rest',
  aborted: 'rest',
  refused: 'bad',
};

export const toneOf = (state: SessionState): Tone => TONES[state];

const SHAPES: Record<Tone, preact.JSX.Element> = {
  live: <circle cx="6" cy="6" r="4" class="pulse" />,
  wait: (
    <circle cx="6" cy="6" r="3.6" fill="none" stroke="currentColor" stroke-width="1.8" stroke-dasharray="3.2 2.4" />
  ),
  leave: <path d="M6 1.500 11 10.500H1z" />,
  good: (
    <path
      d="M1.800 6.400 4.700 9.300 10.300 2.900"
      fill="none"
      stroke="currentColor"
      stroke-width="2.200"
      stroke-linecap="round"
      stroke-linejoin="round"
    />
  ),
  bad: (
    <path
      d="M2.500 2.500l7 7M9.500 2.500l-7 7"
      fill="none"
      stroke="currentColor"
      stroke-width="2.200"
      stroke-linecap="round"
    />
  ),
  rest: <rect x="2.500" y="2.500" width="7" height="7" rx="1.500" />,
};

export function StateBadge({ state }: { state: SessionState }) {
  const tone = toneOf(state);
  return (
    <span class={`state tone-${tone}`}>
      <svg width="12" height="12" viewBox="0 0 12 12" fill="currentColor" aria-hidden="true">
        {SHAPES[tone]}
      </svg>
      {state}
    </span>
  );
}
