/** What happened, in a line. */
import { currentAttempt } from '../core/session/attempts';
import type { Happening } from './observer';

const LONGEST = 400;
const short = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

/** A timeline is shown to people, and kept. */
const withoutToken = (text: string) => text.replace(/("taskToken":")[^"]+/, '$1…');

export function describe(happening: Happening): string {
  switch (happening.kind) {
    case 'request': {
      const { by, serviceId, operation, input } = happening.call;
      const how = happening.error ?? (happening.outcome === 'done' ? 'ok' : happening.outcome);
      return `${by}: ${serviceId}:${operation} ${short(withoutToken(JSON.stringify(input)))} → ${how}`;
    }
    case 'invocation':
      return `function ${happening.name}#${happening.requestId.slice(0, 8)} ${happening.outcome} ${
        happening.outcome === 'started' ? short(withoutToken(happening.event)) : ''
      }`;
    case 'record': {
      const { session } = happening;
      const attempt = currentAttempt(session);
      return `record of ${session.sessionId} version ${session.version}: attempt ${attempt?.number ?? 0}, verdict ${
        attempt?.verdict?.error ?? (attempt?.verdict ? 'finished' : 'none')
      }, outcome ${session.outcome?.error ?? session.outcome?.result ?? 'none'}`;
    }
    case 'object':
      return `object ${happening.key} ${happening.text === undefined ? 'deleted' : 'written'}`;
    case 'event':
      return `event ${happening.event['detail-type']} ${short(JSON.stringify(happening.event.detail))}`;
    case 'fate':
      return `FAULT event ${happening.what}: ${happening.detailType} ${short(happening.about)}`;
    case 'training':
      return describeTraining(happening);
    case 'misfortune':
      return `FAULT ${happening.fate} befalls ${happening.instanceId} of ${happening.sessionId}`;
    case 'trouble':
      return `FAULT on ${happening.instanceId}: ${happening.what}`;
    case 'wish':
      return `USER ${happening.wish} ${happening.sessionId}`;
    case 'outage':
      return `FAULT ${happening.what} is ${happening.isOver ? 'up again' : 'down'}`;
    case 'published':
      return `NOTIFICATION ${happening.alertId}${happening.isKnown ? '' : ' (its publisher got no answer)'}`;
    case 'agent':
      return `agent on ${happening.instanceId}: ${short(happening.line)}`;
    case 'printed':
      return `log ${short(happening.line)}`;
  }
}

function describeTraining({ change }: Happening & { kind: 'training' }): string {
  const { sessionId, attempt, instanceId } = change.training.options;
  const how = change.kind === 'ends' ? ` (${change.how})` : '';
  return `TRAINING of ${sessionId}, attempt ${attempt} on ${instanceId} ${change.kind}${how} at step ${change.training.step}`;
}
