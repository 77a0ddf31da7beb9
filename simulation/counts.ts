/** How often what happened, by a name for people. */
import type { Happening } from './observer';

export class Counts {
  readonly #counts = new Map<string, number>();

  add(happening: Happening): void {
    const what = nameOf(happening);
    if (what !== undefined) this.count(what);
  }

  count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  get all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}

function nameOf(happening: Happening): string | undefined {
  switch (happening.kind) {
    case 'misfortune':
      return `instance: ${happening.fate}`;
    case 'fate':
      return `event: ${happening.what}`;
    case 'outage':
      return happening.isOver ? undefined : `outage: ${happening.what}`;
    case 'wish':
      return `user: ${happening.wish}`;
    case 'request':
      return `request: ${happening.error ?? happening.outcome}`;
    case 'invocation':
      return `invocation: ${happening.outcome}`;
    case 'published':
      return `told: ${kindOf(happening)}`;
    default:
      return undefined;
  }
}

/** The alert without whose it is and without its number, if it has one: `finished`, `budget-80`. */
function kindOf({ alertId, sessionId }: { alertId: string; sessionId: string }): string {
  if (alertId.startsWith('budget-')) return `budget of the stack, ${alertId.split('-').at(-1)} %`;
  const own = sessionId !== '' && alertId.startsWith(sessionId) ? alertId.slice(sessionId.length + 1) : alertId;
  return own.startsWith('budget-') ? own : own.replace(/-\d.*$/, '');
}
