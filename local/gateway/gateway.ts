/**
 * The local cloud's one HTTP endpoint. Each AWS service has a host of its own; here a request's signature or target
 * says which service is meant. Bound to loopback only: nothing on it is protected by a verified signature.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock';
import type { Identities } from '../identities';
import { AwsError, type CallContext, type Caller, type Service } from '../service';
import { s3Error } from '../services/s3/s3-error';
import type { Authorize } from './authorize';
import { asAwsError, callDynamodb, callService } from './call-service';
import { type ControlRoute, type RawHttpService, readBody, type S3HttpService, send } from './http';
import { routeRequest, virtualHostBucket } from './route';

export interface GatewayOptions {
  services: readonly Service[];
  s3: S3HttpService;
  dynamodb: RawHttpService;
  identities: Identities;
  clock: Clock;
  newId: () => string;
  /** 0 takes any free port. */
  port: number;
  accountId: string;
  region: string;
  /** Told of every call that is not supported, and of faults of the local cloud itself. */
  log: (line: string) => void;
  authorize?: Authorize;
  controlRoutes?: readonly ControlRoute[];
}

export interface Gateway {
  /** e.g. http://127.0.0.1:4566 */
  endpoint: string;
  port: number;
  close(): Promise<void>;
}

/** @throws Error EADDRINUSE when the port is taken. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const server = createServer((request, response) => {
    response.sendDate = false;
    response.setHeader('date', new Date(options.clock.now()).toUTCString());
    answer(options, request, response).catch((error: unknown) => {
      options.log(`${request.method} ${request.url} failed: ${error instanceof Error ? error.stack : String(error)}`);
      response.destroy();
    });
  });
  // A checkpoint of many gigabytes takes longer than Node's five minutes for one request.
  server.requestTimeout = 0;
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { endpoint: `http://127.0.0.1:${port}`, port, close: () => closeServer(server) };
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

async function answer(options: GatewayOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { path, query } = splitUrl(request.url ?? '/');
  const control = options.controlRoutes?.find((route) => path.startsWith(route.pathPrefix));
  if (control) return control.handle(request, response);
  const { serviceId, accessKeyId } = routeRequest(request.headers, query);
  const requestId = options.newId();
  const context = (): CallContext => ({
    caller: resolveCaller(options.identities, accessKeyId),
    accountId: options.accountId,
    region: options.region,
    requestId,
  });
  if (serviceId === 's3') return answerS3(options, request, response, context);
  const { method = 'GET', headers } = request;
  const call = {
    serviceId,
    service: options.services.find((service) => service.id === serviceId),
    request: { method, path, query, headers, body: await readBody(request) },
    context,
    requestId,
    authorize: options.authorize,
    log: options.log,
  };
  send(response, serviceId === 'dynamodb' ? await callDynamodb(call, options.dynamodb) : await callService(call));
}

async function answerS3(
  options: GatewayOptions,
  request: IncomingMessage,
  response: ServerResponse,
  context: () => CallContext,
): Promise<void> {
  const bucket = virtualHostBucket(request.headers.host);
  let callContext: CallContext;
  try {
    callContext = context();
  } catch (error) {
    return send(response, s3Error(asAwsError(error, 's3', options.log), options.newId()));
  }
  await options.s3.handle(request, response, bucket ? { ...callContext, virtualHostBucket: bucket } : callContext);
}

/** @throws AwsError ExpiredToken. */
function resolveCaller(identities: Identities, accessKeyId: string | undefined): Caller {
  const caller = identities.resolve(accessKeyId ?? 'ANONYMOUS');
  if (!caller) throw new AwsError('ExpiredToken', 'The provided token has expired.');
  return caller;
}

/** By hand, because URL would resolve `..`, which S3 keys may contain. */
function splitUrl(url: string): { path: string; query: URLSearchParams } {
  const at = url.indexOf('?');
  return at < 0
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, at), query: new URLSearchParams(url.slice(at + 1)) };
}
