import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cloud } from '../../../cli/cloud/open-cloud';
import type { CliContext } from '../../../cli/context';
import { runPage, servePage } from '../../../cli/ui/serve-page';

let folder: string;
let said: string;
let stop: AbortController;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-page-'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  said = '';
  stop = new AbortController();
});
afterEach(() => rmSync(folder, { recursive: true }));

function say(text: string | Uint8Array): boolean {
  said += String(text);
  return true;
}

const context = (): CliContext => ({
  stdout: { write: say },
  stderr: { write: say },
  isInteractive: false,
  env: {},
  cwd: folder,
  clock: { now: Date.now },
  signal: stop.signal,
  cleansUp: () => {},
  sleep: async () => {},
  seams: { page: async () => folder } as unknown as CliContext['seams'],
});
const client = {
  endpoint: 'http://127.0.0.1:1',
  region: 'us-east-1',
  credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
};
const cloud = { client, isLocal: true, stack: { stackName: 'Runctl', region: 'us-east-1' } } as unknown as Cloud;

it('prints an address with a token of its own, and ends with Ctrl-C', async () => {
  const running = runPage(context(), cloud, { port: 0 });
  while (!said.includes('Ctrl-C')) await new Promise((next) => setImmediate(next));
  const [, port, token] = /http:\/\/127\.0\.0\.1:(\d+)\/#token=([\w-]{32})/.exec(said) ?? [];
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
  const authorization = `Bearer ${token}`;
  expect((await fetch(`http://127.0.0.1:${port}/api/nothing`, { headers: { authorization } })).status).toBe(404);
  stop.abort();
  await running;
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
});

it('two of them have two tokens', async () => {
  const pages = await Promise.all([servePage(context(), cloud, 0), servePage(context(), cloud, 0)]);
  const tokens = new Set(pages.map(({ address }) => address.split('#')[1]));
  await Promise.all(pages.map((page) => page.close()));
  expect(tokens.size).toBe(2);
});

it('answers on loopback alone', async () => {
  const page = await servePage(context(), cloud, 0);
  const others = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  for (const { address, internal, family } of others) {
    if (internal || family !== 'IPv4') continue;
    await expect(fetch(`http://${address}:${page.port}/`)).rejects.toThrow();
  }
  await page.close();
});

describe('a port that is taken', () => {
  let other: Server;
  let port: number;
  beforeEach(async () => {
    other = createServer();
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    port = (other.address() as AddressInfo).port;
  });
  afterEach(() => other.close());

  it('is told, when it was asked for', async () => {
    await expect(servePage(context(), cloud, port)).rejects.toThrow(`Port ${port} is in use.`);
  });
});

it('a page that is not built is told, with what builds it', async () => {
  rmSync(join(folder, 'index.html'));
  await expect(servePage(context(), cloud, 0)).rejects.toMatchObject({ hint: 'Build it: npm run build:ui' });
});
