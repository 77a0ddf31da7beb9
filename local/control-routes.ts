/**
 * `/_local/…`: the local cloud's own calls, by which other processes play AWS's part: notices, vanished machines,
 * missing capacity. JSON in and out.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ControlRoute } from './gateway/http';
import { AwsError, type CallContext, type Service } from './service';

export interface ControlOptions {
  /** Operations that play AWS's part. */
  control: Service;
  context: () => CallContext;
  /** What GET /_local/health answers besides its status. */
  describe: () => object;
  /** Named when a call was for an instance that does not run. */
  runningInstances: () => readonly string[];
}

const PREFIX = '/_local/';
const OPERATIONS: Readonly<Record<string, string>> = {
  'POST /_local/interrupt': 'InterruptInstance',
  'POST /_local/rebalance': 'RebalanceInstance',
  'POST /_local/kill': 'KillInstance',
  'POST /_local/capacity': 'SetCapacity',
  'POST /_local/quota': 'SetQuota',
};

export function createControlRoute(options: ControlOptions): ControlRoute {
  return {
    pathPrefix: PREFIX,
    handle(request, response) {
      answer(options, request)
        .catch((error: unknown) => failure(error, options))
        .then(({ statusCode, body }) => reply(response, statusCode, body))
        .catch(() => response.destroy());
    },
  };
}

async function answer(
  options: ControlOptions,
  request: IncomingMessage,
): Promise<{ statusCode: number; body: object }> {
  const { control, context, describe } = options;
  const call = `${request.method} ${request.url}`;
  if (call === `GET ${PREFIX}health`) return { statusCode: 200, body: { status: 'ok', ...describe() } };
  const operation = Object.hasOwn(OPERATIONS, call) ? control.operations[OPERATIONS[call] ?? ''] : undefined;
  if (!operation) throw new AwsError('NotFound', `There is no ${call}`, { statusCode: 404 });
  // A web page in the user's browser can send a POST here, but none of this type.
  if (!request.headers['content-type']?.startsWith('application/json')) {
    throw new AwsError('UnsupportedMediaType', 'Send application/json.', { statusCode: 415 });
  }
  const body = await operation(parseJson(await text(request)), context());
  return { statusCode: 200, body };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body || '{}') as unknown;
  } catch (error) {
    throw new AwsError('ValidationException', `The body is not JSON: ${String(error)}`);
  }
}

function failure(error: unknown, { runningInstances }: ControlOptions): { statusCode: number; body: object } {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof AwsError)) return { statusCode: 500, body: { error: 'InternalFailure', message } };
  const running = /Instance/.test(error.name) ? { running: runningInstances() } : {};
  return { statusCode: error.statusCode, body: { error: error.name, message, ...running } };
}

function reply(response: ServerResponse, statusCode: number, body: object): void {
  response.writeHead(statusCode, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
