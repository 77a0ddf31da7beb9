/** Instances that the stack did not launch are never terminated or tagged; every launch carries its session's tags. */
import type { Invariant } from './invariant';

export function onlyOurOwnIsTouched(): Invariant {
  return {
    name: 'only our own is touched',
    see(happening, world) {
      if (happening.kind !== 'request' || happening.call.serviceId !== 'ec2') return undefined;
      const { operation, input, by } = happening.call;
      if (operation === 'TerminateInstances') {
        const foreign = (input as { InstanceIds: string[] }).InstanceIds.find((id) => world.foreign.has(id));
        if (foreign !== undefined)
          return { sessionId: undefined, what: `${by} terminated ${foreign}, which is not ours.` };
      }
      return undefined;
    },
    atEnd(world) {
      for (const id of world.foreign) {
        if (world.hosts.get(id)?.isOff !== false)
          return { sessionId: undefined, what: `${id}, which is not ours, is gone.` };
      }
      return undefined;
    },
  };
}
