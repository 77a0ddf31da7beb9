/** Functions fail because of what they depend on, or on purpose: never for a mistake in their own code. */
import type { Invariant } from './invariant';

/** What JavaScript itself throws. */
const MISTAKE = /^(TypeError|ReferenceError|RangeError|SyntaxError)$/;

export function noFunctionBreaks(): Invariant {
  return {
    name: 'no function breaks',
    see(happening) {
      if (happening.kind !== 'invocation' || !MISTAKE.test(happening.outcome)) return undefined;
      const what = `${happening.name} ended with a ${happening.outcome}: ${happening.event.slice(0, 300)}`;
      return { sessionId: undefined, what };
    },
  };
}
