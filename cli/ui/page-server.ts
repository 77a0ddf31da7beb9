/** The page's server: files and API on a port of 127.0.0.1. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Refusal, refuseStranger, refuseWithoutToken, SAFETY_HEADERS } from './guard';
import type { PageApi } from './page-api';
import type { PageFile } from './page-files';
import { findRoute } from './routes';
import { tellPage } from './tell-page';

export interface PageServerOptions {
  api: PageApi;
  files: ReadonlyMap<string, PageFile>;
  /** Of this run: whoever knows it may do what the user may. */
  token: string;
  /** 0: any free one. */
  port: number;
  /** Told of what went wrong and is nobody's fault but ours. */
  onBug: (error: unknown) => void;
}

export interface PageServer {
  port: number;
  /** With the token, which browsers do not send to anybody: it stands behind `#`. */
  address: string;
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const API = '/api/';
/** A job spec has some kilobytes. */
const MOST_BODY_BYTES = 1024 * 1024;

/** @throws the error of `listen`, such as EADDRINUSE. */
export async function startPageServer(options: PageServerOptions): Promise<PageServer> {
  const server = createServer((request, response) => {
    void answer(options, portOf(server), request, response);
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed).listen(options.port, LOOPBACK, listening);
  });
  const port = portOf(server);
  return {
    port,
    address: `http://${LOOPBACK}:${port}/#token=${options.token}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

const portOf = (server: Server) => (server.address() as AddressInfo | null)?.port ?? 0;

async function answer(
  options: PageServerOptions,
  port: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const stranger = refuseStranger(request.headers, port);
  if (stranger) return refuse(response, stranger);
  const url = new URL(request.url ?? '/', `http://${LOOPBACK}`);
  if (!url.pathname.startsWith(API)) return sendFile(options.files, request, response, url.pathname);
  const unknown = refuseWithoutToken(request.headers, options.token);
  if (unknown) return refuse(response, unknown);
  try {
    await callApi(options, request, response, url);
  } catch (error) {
    const { status, body } = tellPage(error);
    if (status === 500) options.onBug(error);
    sendJson(response, status, body);
  }
}

async function callApi(
  { api }: PageServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  { pathname, searchParams }: URL,
): Promise<void> {
  const method = request.method ?? '';
  const path = pathname.slice(API.length);
  const route = findRoute({ method, path });
  if (!('answer' in route)) return refuse(response, route);
  const body = method === 'POST' ? await readBody(request) : undefined;
  if (body !== undefined && 'status' in body) return refuse(response, body);
  sendJson(response, 200, await route.answer(api, { method, path, query: searchParams, body: body?.json }));
}

async function readBody(request: IncomingMessage): Promise<{ json: unknown } | Refusal> {
  if (!request.headers['content-type']?.startsWith('application/json')) {
    return { status: 415, message: 'Send application/json.' };
  }
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MOST_BODY_BYTES) return { status: 413, message: 'This is more than a job can be.' };
    chunks.push(chunk);
  }
  try {
    return { json: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown };
  } catch {
    return { status: 400, message: 'This is not JSON.' };
  }
}

function sendFile(
  files: PageServerOptions['files'],
  { method }: IncomingMessage,
  response: ServerResponse,
  path: string,
): void {
  const file = files.get(path);
  if (method !== 'GET' && method !== 'HEAD') refuse(response, { status: 405, message: 'Files are read only.' });
  else if (file === undefined) refuse(response, { status: 404, message: `There is no ${path}.` });
  else {
    const cacheControl = file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache';
    response.writeHead(200, { ...SAFETY_HEADERS, 'content-type': file.type, 'cache-control': cacheControl });
    response.end(method === 'HEAD' ? undefined : file.body);
  }
}

function refuse(response: ServerResponse, { status, message }: Refusal): void {
  sendJson(response, status, { message });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  const headers = { ...SAFETY_HEADERS, 'content-type': 'application/json', 'cache-control': 'no-store' };
  response.writeHead(status, headers).end(JSON.stringify(body));
}
