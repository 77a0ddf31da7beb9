/** The fence: at most one attempt of a session trains at any moment, cut off from the network or not. */
import type { Training } from '../hosts/training';
import type { Invariant } from './invariant';

export function oneTrainsAtATime(): Invariant {
  const training = new Map<string, Set<Training>>();
  return {
    name: 'one attempt trains at a time',
    see(happening) {
      if (happening.kind !== 'training') return undefined;
      const { kind, training: subject } = happening.change;
      const { sessionId, attempt, instanceId } = subject.options;
      const living = training.get(sessionId) ?? new Set();
      training.set(sessionId, living);
      if (kind === 'ends') living.delete(subject);
      if (kind !== 'begins') return undefined;
      living.add(subject);
      const other = [...living].find(({ options }) => options.attempt !== attempt);
      if (other === undefined) return undefined;
      return {
        sessionId,
        what: `Attempt ${attempt} began to train on ${instanceId} while attempt ${other.options.attempt} still trained on ${other.options.instanceId}.`,
      };
    },
  };
}
