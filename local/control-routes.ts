/**
 * `/_local/…`: the local cloud's own calls, by which other processes play AWS's part: notices, vanished machines,
 * missing capacity. JSON in and out.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { ControlRoute } from './gateway/http';
import { AwsError } from './service';
import type { Ec2Service } from './services/ec2/create-ec2';

type Call = (input: unknown) => object | Promise<object>;

const PREFIX = '/_local/';

const instance = z.strictObject({ instanceId: z.string() });
const killed = instance.extend({ silent: z.boolean().default(false) });
const capacityRule = z.strictObject({
  instanceType: z.string().optional(),
  availabilityZone: z.string().optional(),
  market: z.enum(['spot', 'on-demand']).optional(),
  code: z.string().optional(),
  message: z.string().optional(),
  calls: z.number().int().positive().optional(),
  available: z.number().int().nonnegative().optional(),
});
/** Rules to add; `clear` first removes all that are there. */
const capacity = z.strictObject({ clear: z.boolean().default(false), rules: z.array(capacityRule).default([]) });
const quota = z.strictObject({ code: z.string(), value: z.number().nonnegative() });

/** `describe` is what GET /_local/health answers besides its status. */
export function createControlRoute(ec2: Ec2Service, describe: () => object): ControlRoute {
  const calls = { 'GET /_local/health': () => ({ status: 'ok', ...describe() }), ...controlCalls(ec2) };
  return {
    pathPrefix: PREFIX,
    handle(request, response) {
      answer(calls, request)
        .then(
          (body) => reply(response, 200, body),
          (error: unknown) => replyFailure(response, error, ec2),
        )
        .catch(() => response.destroy());
    },
  };
}

function controlCalls(ec2: Ec2Service): Record<string, Call> {
  return {
    'POST /_local/interrupt': (input) => {
      const { instanceId } = instance.parse(input);
      ec2.interrupt(instanceId);
      return { instanceId };
    },
    'POST /_local/rebalance': (input) => {
      const { instanceId } = instance.parse(input);
      ec2.rebalance(instanceId);
      return { instanceId };
    },
    'POST /_local/kill': async (input) => {
      const { instanceId, silent } = killed.parse(input);
      await ec2.kill(instanceId, { silent });
      return { instanceId };
    },
    'POST /_local/capacity': (input) => {
      const { clear, rules } = capacity.parse(input);
      if (clear) ec2.clearCapacity();
      for (const rule of rules) ec2.capacity(rule);
      return {};
    },
    'POST /_local/quota': (input) => {
      const { code, value } = quota.parse(input);
      ec2.setQuota(code, value);
      return {};
    },
  };
}

async function answer(calls: Readonly<Record<string, Call>>, request: IncomingMessage): Promise<object> {
  const name = `${request.method} ${request.url}`;
  const call = Object.hasOwn(calls, name) ? calls[name] : undefined;
  if (!call) throw new AwsError('NotFound', `There is no ${name}`, { statusCode: 404 });
  if (request.method === 'GET') return call(undefined);
  // A web page in the user's browser can send a POST here, but none of this type.
  if (!request.headers['content-type']?.startsWith('application/json')) {
    throw new AwsError('UnsupportedMediaType', 'Send application/json.', { statusCode: 415 });
  }
  return call(JSON.parse(await text(request)));
}

function replyFailure(response: ServerResponse, error: unknown, ec2: Ec2Service): void {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof z.ZodError) reply(response, 400, { error: 'BadRequest', message: z.prettifyError(error) });
  else if (error instanceof SyntaxError) reply(response, 400, { error: 'BadRequest', message });
  else if (!(error instanceof AwsError)) reply(response, 500, { error: 'InternalFailure', message });
  else {
    const running = /Instance/.test(error.name) ? { running: runningInstances(ec2) } : {};
    reply(response, error.statusCode, { error: error.name, message, ...running });
  }
}

function runningInstances(ec2: Ec2Service): string[] {
  const running = ec2.instances().filter(({ state }) => state === 'pending' || state === 'running');
  return running.map(({ instanceId }) => instanceId);
}

function reply(response: ServerResponse, statusCode: number, body: object): void {
  response.writeHead(statusCode, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
