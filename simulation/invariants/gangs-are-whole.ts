/** All nodes of an attempt, or none: they come of one launch, and begin to train at one step. */
import type { Training } from '../hosts/training';
import type { World } from '../world';
import type { Invariant } from './invariant';

export function gangsAreWhole(): Invariant {
  /** Of each attempt, who began first. */
  const first = new Map<string, Training>();
  return {
    name: 'gangs are whole',
    see(happening, world) {
      if (happening.kind === 'record') {
        const { sessionId, attempts, job } = happening.session;
        const attempt = attempts.at(-1);
        const ids = attempt?.nodes.map(({ instanceId }) => instanceId) ?? [];
        const problem = problemOf(world, ids, job.resources.nodes);
        return problem === undefined ? undefined : { sessionId, what: `Attempt ${attempt?.number} ${problem}.` };
      }
      if (happening.kind !== 'training' || happening.change.kind !== 'begins') return undefined;
      const { training } = happening.change;
      const { sessionId, attempt, instanceId, script } = training.options;
      const other = first.get(`${sessionId}/${attempt}`);
      first.set(`${sessionId}/${attempt}`, training);
      if (script.nodes === 1 || other === undefined || other.firstStep === training.firstStep) return undefined;
      const where = `${instanceId} began at step ${training.firstStep}, ${other.options.instanceId} at ${other.firstStep}`;
      return { sessionId, what: `Attempt ${attempt} did not begin as one: ${where}.` };
    },
  };
}

function problemOf(world: World, ids: readonly string[], nodes: number): string | undefined {
  if (ids.length === 0) return undefined;
  if (ids.length !== nodes) return `has ${ids.length} nodes where ${nodes} were asked for`;
  const fleets = new Set(ids.map((id) => world.fleetOf(id)));
  return fleets.size === 1 ? undefined : `has nodes of ${fleets.size} launches`;
}
