import { request } from 'node:http';
import { CliError, notFound } from '../../../cli/cli-error';
import { EXIT } from '../../../cli/exit-codes';
import type { PageApi } from '../../../cli/ui/page-api';
import { type PageServer, startPageServer } from '../../../cli/ui/page-server';
import { JobProblems } from '../../../cli/ui/tell-page';
import { madeUpPageApi } from '../../ui/support/made-up-page-api';

const TOKEN = 'the-token-of-this-run';
const files = new Map([
  ['/', { body: Buffer.from('<!doctype html>'), type: 'text/html; charset=utf-8', isImmutable: false }],
  ['/assets/page-1.js', { body: Buffer.from('go()'), type: 'text/javascript; charset=utf-8', isImmutable: true }],
]);

let api: PageApi;
let bugs: unknown[];
let server: PageServer;

beforeEach(async () => {
  api = madeUpPageApi(3);
  bugs = [];
  server = await startPageServer({ api, files, token: TOKEN, port: 0, onBug: (error) => bugs.push(error) });
});
afterEach(() => server.close());

interface Sent {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

interface Got {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** Node's own client: a browser's `fetch` would not let a test set Host and Origin. */
function send(path: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port: server.port, path, method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += String(chunk);
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    outgoing.on('error', reject).end(body);
  });
}

const authorized = { authorization: `Bearer ${TOKEN}` };
const json = { ...authorized, 'content-type': 'application/json' };
const get = (path: string) => send(`/api/${path}`, { headers: authorized });
const post = (path: string, body: unknown) =>
  send(`/api/${path}`, { method: 'POST', headers: json, body: JSON.stringify(body) });

describe('who may talk to the server of the page', () => {
  it('whoever has the token', async () => {
    expect((await get('cloud')).status).toBe(200);
  });

  it.each([
    ['without a token', {}],
    ['with another one', { authorization: 'Bearer another' }],
    ['with the beginning of it', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
    ['with it in another place', { cookie: `token=${TOKEN}` }],
  ])('nobody %s', async (_how, headers) => {
    const { status, text } = await send('/api/sessions', { headers: headers as Record<string, string> });
    expect(status).toBe(401);
    expect(text).toContain('runctl ui');
    expect(text).not.toContain('resnet50');
  });

  it.each(['evil.example', 'evil.example:80', '127.0.0.1:1', 'localhost.evil.example'])(
    'not a page that has pointed the name %s at this machine',
    async (host) => {
      expect((await send('/api/cloud', { headers: { ...authorized, host } })).status).toBe(421);
      expect((await send('/', { headers: { host } })).status).toBe(421);
    },
  );

  it('under both names of the loopback', async () => {
    for (const host of [`localhost:${server.port}`, `127.0.0.1:${server.port}`]) {
      const headers = { ...authorized, host, origin: `http://${host}` };
      expect((await send('/api/cloud', { headers })).status).toBe(200);
    }
  });

  it.each(['https://evil.example', 'null', 'http://127.0.0.1:1', 'https://127.0.0.1'])(
    'not a page of %s, even with the token',
    async (origin) => {
      expect((await send('/api/cloud', { headers: { ...authorized, origin } })).status).toBe(403);
    },
  );

  it('no form of another page can send a change: only JSON is taken', async () => {
    const stop = jest.spyOn(api, 'stop');
    const headers = { ...authorized, 'content-type': 'text/plain' };
    const { status } = await send('/api/sessions/a/stop', { method: 'POST', headers, body: '{}' });
    expect([status, stop.mock.calls]).toEqual([415, []]);
  });
});

describe('what the server of the page sends', () => {
  it.each(['/', '/assets/page-1.js', '/api/cloud', '/nowhere'])(
    '%s: only what is ours runs, is loaded or frames it',
    async (path) => {
      const { headers } = await send(path, { headers: authorized });
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
      expect(headers['access-control-allow-origin']).toBeUndefined();
    },
  );

  it('files need no token, and those whose name changes with them are kept', async () => {
    const index = await send('/');
    expect(index).toMatchObject({ status: 200, text: '<!doctype html>', headers: { 'cache-control': 'no-cache' } });
    expect((await send('/assets/page-1.js')).headers['cache-control']).toContain('immutable');
  });

  it.each(['/../package.json', '/assets/../../package.json', '/%2e%2e/package.json', '/assets/', '/index.htm'])(
    'nothing but the page’s own files: %s',
    async (path) => {
      expect((await send(path)).status).toBe(404);
    },
  );

  it('the token is in the address behind #, which no browser sends', () => {
    expect(server.address).toBe(`http://127.0.0.1:${server.port}/#token=${TOKEN}`);
  });
});

describe('the calls', () => {
  it.each([
    ['cloud', 'stackName'],
    ['sessions', 'rows'],
    ['sessions/gpt-1', 'view'],
    ['sessions/gpt-1/states', 'states'],
    ['sessions/gpt-1/metrics', 'attempts'],
    ['sessions/gpt-1/logs?attempt=1', 'lines'],
    ['fleet', 'instances'],
    ['costs', 'entries'],
  ])('GET %s answers with its %s', async (path, key) => {
    const { status, text } = await get(path);
    expect([status, Object.keys(JSON.parse(text))]).toEqual([200, expect.arrayContaining([key])]);
  });

  it('a download that goes on says how far it is', async () => {
    jest.spyOn(api, 'downloadProgress').mockResolvedValue({ doneBytes: 5, totalBytes: 9 });
    expect(JSON.parse((await get('sessions/gpt-1/download')).text)).toEqual({ doneBytes: 5, totalBytes: 9 });
  });

  it('a list asked for again has only what has changed', async () => {
    expect(JSON.parse((await get('sessions?since=0')).text).rows).toHaveLength(3);
    expect(JSON.parse((await get('sessions?since=1')).text).rows).toEqual([]);
  });

  it.each([
    ['stop', { now: true }, 'stop', ['gpt-1', { now: true }]],
    ['stop', {}, 'stop', ['gpt-1', { now: false }]],
    ['resume', { addUsd: 2 }, 'resume', ['gpt-1', { addUsd: 2, addHours: 0 }]],
    ['interrupt', {}, 'interrupt', ['gpt-1']],
    ['download', {}, 'download', ['gpt-1']],
  ] as const)('POST sessions/…/%s with %p', async (path, body, method, args) => {
    const called = jest.spyOn(api, method).mockResolvedValue(undefined as never);
    expect((await post(`sessions/gpt-1/${path}`, body)).status).toBe(200);
    expect(called).toHaveBeenCalledWith(...args);
  });

  it.each([
    ['GET', 'nonsense', 404],
    ['GET', 'sessions/no..way', 404],
    ['GET', 'sessions/a/b/c', 404],
    ['POST', 'cloud', 405],
    ['GET', 'submit', 405],
    ['GET', 'sessions/gpt-1/logs?attempt=none', 400],
    ['GET', 'sessions?since=-1', 400],
  ])('%s %s is refused with %d', async (method, path, status) => {
    const headers = method === 'POST' ? json : authorized;
    const got = await send(`/api/${path}`, { method, headers, ...(method === 'POST' ? { body: '{}' } : {}) });
    expect(got.status).toBe(status);
    expect(JSON.parse(got.text).message).toEqual(expect.any(String));
  });

  it.each([
    ['not JSON', '{', 400],
    ['what no stop is', '{"now":"yes"}', 400],
    ['what nobody asked for', '{"force":true}', 400],
    ['more than a job can be', JSON.stringify({ now: 'x'.repeat(1_100_000) }), 413],
  ])('a body that is %s is refused', async (_what, body, status) => {
    const got = await send('/api/sessions/gpt-1/stop', { method: 'POST', headers: json, body });
    expect(got.status).toBe(status);
  });
});

/** As the SDK throws them. */
function awsError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name, $fault: 'client' });
}

describe('when AWS does not answer as it should', () => {
  it.each([
    ['no right', awsError('AccessDeniedException', 'not you'), 502, 'AWS refused the call: not you', 'doctor'],
    [
      'an old token',
      awsError('ExpiredTokenException', 'old'),
      502,
      'AWS refused the credentials: old',
      'aws sso login',
    ],
    [
      'too many calls',
      awsError('ThrottlingException', 'slow down'),
      502,
      'AWS answered ThrottlingException: slow down',
      undefined,
    ],
    [
      'no network',
      Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
      502,
      'Nothing answers there',
      'local cloud runs',
    ],
    ['no session', notFound('There is no session x.', 'See: runctl ls'), 404, 'There is no session x.', 'runctl ls'],
    ['too late', new CliError('It has ended already.', { exitCode: EXIT.usage }), 409, 'ended already', undefined],
  ])('the page is told what and why: %s', async (_what, error, status, message, hint) => {
    for (const [method, path] of [
      ['sessions', 'sessions'],
      ['session', 'sessions/a'],
      ['metrics', 'sessions/a/metrics'],
      ['fleet', 'fleet'],
      ['costs', 'costs'],
    ] as const) {
      jest.spyOn(api, method).mockRejectedValue(error);
      const got = await get(path);
      expect(got.status).toBe(status);
      const told = JSON.parse(got.text) as { message: string; hint?: string };
      expect(told.message).toContain(message);
      if (hint !== undefined) expect(told.hint).toContain(hint);
    }
    expect(bugs).toEqual([]);
  });

  it('a job that cannot run: each field with what is wrong', async () => {
    const problems = [{ field: 'limits.maxUsd', message: 'found "x"; expected a value of type number' }];
    jest.spyOn(api, 'submit').mockRejectedValue(new JobProblems(problems));
    const got = await post('submit', { job: { name: 'a' } });
    expect([got.status, JSON.parse(got.text)]).toEqual([
      422,
      { message: expect.stringContaining('1 problem'), problems },
    ]);
  });

  it('a mistake of ours is told in the terminal, too', async () => {
    jest.spyOn(api, 'fleet').mockRejectedValue(new TypeError('x is undefined'));
    expect((await get('fleet')).status).toBe(500);
    expect(bugs).toHaveLength(1);
  });
});
