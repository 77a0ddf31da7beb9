/**
 * `/_local/…`: the local cloud's own calls, by which other processes play AWS's part: notices, vanished machines,
 * missing capacity. JSON in and out.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { ControlRoute } from './gateway/http';
import { AwsError } from './service';
import type { CapacityRule } from './services/ec2/capacity';

/** What the calls act on. */
export interface ControlTarget {
  instances(): readonly { instanceId: string; state: string }[];
  interrupt(instanceId: string): void;
  rebalance(instanceId: string): void;
  kill(instanceId: string, options: { silent?: boolean }): Promise<void>;
  capacity(rule: CapacityRule): void;
  clearCapacity(): void;
}

interface Answer {
  statusCode: number;
  body: object;
}

const instance = z.strictObject({ instanceId: z.string() });
const killed = instance.extend({ silent: z.boolean().default(false) });
const capacityRule = z.strictObject({
  market: z.enum(['spot', 'on-demand']).optional(),
  instanceType: z.string().optional(),
  availabilityZone: z.string().optional(),
  code: z.string().optional(),
  message: z.string().optional(),
  calls: z.number().int().positive().optional(),
  available: z.number().int().nonnegative().optional(),
});

const PREFIX = '/_local/';

/** `describe` is what GET /_local/health answers besides its status. */
export function createControlRoute(target: ControlTarget, describe: () => object): ControlRoute {
  const calls: Record<string, (input: unknown) => object | Promise<object>> = {
    'GET health': () => ({ status: 'ok', ...describe() }),
    'POST interrupt': (input) => {
      const { instanceId } = instance.parse(input);
      target.interrupt(instanceId);
      return { instanceId };
    },
    'POST rebalance': (input) => {
      const { instanceId } = instance.parse(input);
      target.rebalance(instanceId);
      return { instanceId };
    },
    'POST kill': async (input) => {
      const { instanceId, silent } = killed.parse(input);
      await target.kill(instanceId, { silent });
      return { instanceId };
    },
    'POST capacity': (input) => {
      target.capacity(capacityRule.parse(input));
      return {};
    },
    'DELETE capacity': () => {
      target.clearCapacity();
      return {};
    },
  };
  return {
    pathPrefix: PREFIX,
    handle(request, response) {
      answer(calls, request)
        .catch((error: unknown) => failure(error, target))
        .then((result) => reply(response, result))
        .catch(() => response.destroy());
    },
  };
}

async function answer(
  calls: Record<string, (input: unknown) => object | Promise<object>>,
  request: IncomingMessage,
): Promise<Answer> {
  const name = `${request.method} ${request.url?.slice(PREFIX.length)}`;
  const call = Object.hasOwn(calls, name) ? calls[name] : undefined;
  if (!call) return { statusCode: 404, body: { error: 'NotFound', message: `There is no ${request.method} ${request.url}` } };
  // A web page in the user's browser can send a POST here, but none of this type.
  if (request.method === 'POST' && !request.headers['content-type']?.startsWith('application/json')) {
    return { statusCode: 415, body: { error: 'UnsupportedMediaType', message: 'Send application/json.' } };
  }
  const body = await text(request);
  return { statusCode: 200, body: await call(JSON.parse(body || '{}')) };
}

function failure(error: unknown, target: ControlTarget): Answer {
  if (error instanceof z.ZodError || error instanceof SyntaxError) {
    const message = error instanceof z.ZodError ? z.prettifyError(error) : error.message;
    return { statusCode: 400, body: { error: 'BadRequest', message } };
  }
  const running = target.instances().filter(({ state }) => state === 'pending' || state === 'running');
  const code = error instanceof AwsError ? error.name : 'InternalFailure';
  const body = { error: code, message: String(error instanceof Error ? error.message : error) };
  return {
    statusCode: error instanceof AwsError ? 404 : 500,
    body: { ...body, running: running.map(({ instanceId }) => instanceId) },
  };
}

function reply(response: ServerResponse, { statusCode, body }: Answer): void {
  response.writeHead(statusCode, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
