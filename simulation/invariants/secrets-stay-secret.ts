/** No task token and no signed address in a log, an object, a message, or the output of a function. */
import type { Invariant } from './invariant';

/** As local/services/states makes tokens, and functions/sdk.ts signs. */
const TOKEN = Buffer.from('AQCEAAAAKgAAAAMAAAAA:').toString('base64');
const SIGNATURE = /X-Amz-Signature=(?!\[)/;

const holdsSecret = (text: string) => text.includes(TOKEN) || SIGNATURE.test(text);

export function secretsStaySecret(): Invariant {
  return {
    name: 'secrets stay secret',
    see(happening) {
      const text = textOf(happening);
      if (text === undefined || !holdsSecret(text)) return undefined;
      return { sessionId: undefined, what: `A secret was told: ${text.slice(0, 300)}` };
    },
  };
}

function textOf(happening: Parameters<NonNullable<Invariant['see']>>[0]): string | undefined {
  switch (happening.kind) {
    case 'printed':
      return happening.line;
    case 'agent':
      return happening.line;
    case 'object':
      return happening.text;
    case 'request':
      return happening.call.serviceId === 'sns' ? JSON.stringify(happening.call.input) : undefined;
    default:
      return undefined;
  }
}
