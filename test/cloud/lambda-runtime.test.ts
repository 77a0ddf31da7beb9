import { ScaledClock } from '../../local/clock';
import { createHarness, type Harness } from './lambda-harness';

describe('a function on the local cloud', () => {
  let harness: Harness;
  beforeEach(() => {
    harness = createHarness();
  });
  afterEach(() => harness.close());

  it('returns what its handler returns, as an ES module or as CommonJS, from nested files and exports', async () => {
    const esm = harness.define('export const handler = async (event) => ({ doubled: event.n * 2 });');
    const cjs = harness.define('exports.api = { run: async (event) => [event] };', {
      file: 'main.js',
      handler: 'main.api.run',
    });
    const silent = harness.define('export const handler = async () => {};');
    expect(await harness.invoke(esm, { n: 21 })).toEqual({ result: { doubled: 42 } });
    expect(await harness.invoke(cjs, 'x')).toEqual({ result: ['x'] });
    expect(await harness.invoke(silent)).toEqual({ result: null });
  });

  it('sees its own environment and nothing of the machine', async () => {
    const name = harness.define('export const handler = async () => process.env;', { environment: { TABLE: 'jobs' } });
    const { result } = await harness.invoke(name);
    const env = result as Record<string, string>;
    expect(env).toMatchObject({
      TABLE: 'jobs',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      _HANDLER: 'index.handler',
    });
    expect(env['AWS_ACCESS_KEY_ID']).toMatch(/^ASIA/);
    expect(env).not.toHaveProperty('PATH');
    expect(env).not.toHaveProperty('JEST_WORKER_ID');
  });

  it('gets the context that Lambda hands over', async () => {
    const name = harness.define(
      'export const handler = async (_, context) => ({ ...context, left: context.getRemainingTimeInMillis() });',
    );
    const { result } = await harness.invoke(name);
    expect(result).toMatchObject({
      functionName: name,
      invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
      memoryLimitInMB: '128',
      logGroupName: `/aws/lambda/${name}`,
    });
    const { left } = result as { left: number };
    expect(left).toBeGreaterThan(20_000);
    expect(left).toBeLessThan(30_100);
  });

  it('keeps a worker warm, and starts another one while that is busy', async () => {
    const name = harness.define(`
      let calls = 0; const worker = Math.random();
      export const handler = async ({ ms }) => { calls++; await new Promise((r) => setTimeout(r, ms)); return { worker, calls }; };`);
    type Seen = { result: { worker: number; calls: number } };
    const first = (await harness.invoke(name, { ms: 0 })) as Seen;
    const again = (await harness.invoke(name, { ms: 0 })) as Seen;
    expect(again.result).toEqual({ worker: first.result.worker, calls: 2 });
    const [a, b] = (await Promise.all([harness.invoke(name, { ms: 100 }), harness.invoke(name, { ms: 100 })])) as [
      Seen,
      Seen,
    ];
    expect(a.result.worker).not.toBe(b.result.worker);
  });

  it('runs ten invocations at once, lets more wait, and keeps two workers for later', async () => {
    const name = harness.define(`
      export const handler = () => new Promise((done) => setTimeout(done, 200));`);
    await Promise.all(Array.from({ length: 14 }, () => harness.invoke(name)));
    const coldStarts = () => harness.invocations.filter(({ initRealMs }) => initRealMs !== undefined).length;
    expect(harness.invocations.length).toBe(14);
    expect(coldStarts()).toBe(10);
    await Promise.all([harness.invoke(name), harness.invoke(name)]);
    expect(coldStarts()).toBe(10);
    await Promise.all([harness.invoke(name), harness.invoke(name), harness.invoke(name)]);
    expect(coldStarts()).toBe(11);
  });

  it.each([
    [
      'an error',
      `throw Object.assign(new Error('no pool'), { name: 'CapacityUnavailable' })`,
      'CapacityUnavailable',
      'no pool',
    ],
    ['a string', `throw 'plain'`, 'string', 'plain'],
  ])('that throws %s ends Unhandled with its type, message and trace', async (_, body, errorType, errorMessage) => {
    const name = harness.define(`export const handler = async () => { ${body} };`);
    const { functionError, result } = await harness.invoke(name);
    expect(functionError).toBe('Unhandled');
    expect(result).toMatchObject({ errorType, errorMessage, trace: expect.any(Array) });
  });

  it('is stopped at its time-out, and the next invocation starts afresh', async () => {
    const name = harness.define(
      'let n = 0; export const handler = async (e) => { n++; if (e.hang) for (;;); return n; };',
      {
        timeoutSeconds: 0.5,
      },
    );
    const { functionError, result } = await harness.invoke(name, { hang: true });
    expect(functionError).toBe('Unhandled');
    expect(result).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(/^RequestId: [\w-]+ Error: Task timed out after 0.50 seconds$/),
    });
    expect(await harness.invoke(name, {})).toEqual({ result: 1 });
    expect(harness.logLines().join('\n')).toMatch(/Task timed out after 0.50 seconds[\s\S]*Status: timeout/);
  });

  it.each([
    ['exits', 'process.exit(3)', 'Runtime.ExitError', /exited with error: exit status 3/],
    [
      'runs out of memory',
      'const all = []; for (;;) all.push(new Array(1e6).fill({}));',
      'Runtime.ExitError',
      /signal: killed/,
    ],
    [
      'rejects in the background',
      `Promise.reject(new Error('lost')); await new Promise(() => {})`,
      'Runtime.UnhandledPromiseRejection',
      /lost/,
    ],
    [
      'throws in a callback',
      `setTimeout(() => { throw new RangeError('late') }); await new Promise(() => {})`,
      'RangeError',
      /late/,
    ],
  ])('that %s is reported as Lambda does, and works again afterwards', async (_, body, errorType, message) => {
    const name = harness.define(`export const handler = async (e) => { if (e.ok) return 'ok'; ${body} };`, {
      memoryMiB: 64,
    });
    const { functionError, result } = await harness.invoke(name);
    expect(functionError).toBe('Unhandled');
    expect(result).toMatchObject({ errorType, errorMessage: expect.stringMatching(message) });
    expect(await harness.invoke(name, { ok: true })).toEqual({ result: 'ok' });
  });

  it.each([
    ['a missing file', 'export {}', 'other.handler', 'Runtime.ImportModuleError'],
    [
      'a missing import',
      `import 'not-bundled'; export const handler = async () => 1;`,
      'index.handler',
      'Runtime.ImportModuleError',
    ],
    ['a missing export', 'export const other = 1;', 'index.handler', 'Runtime.HandlerNotFound'],
    ['a syntax error', 'export const handler = {{', 'index.handler', 'Runtime.UserCodeSyntaxError'],
    [
      'a callback handler',
      'export const handler = (e, c, done) => done();',
      'index.handler',
      'Runtime.CallbackHandlerDeprecated',
    ],
    ['a throwing module', `throw new TypeError('at start')`, 'index.handler', 'TypeError'],
  ])('with %s fails with the error name of AWS', async (_, source, handler, errorType) => {
    const name = harness.define(source, { handler });
    expect(await harness.invoke(name)).toMatchObject({ functionError: 'Unhandled', result: { errorType } });
    expect(await harness.invoke(name)).toMatchObject({ functionError: 'Unhandled', result: { errorType } });
  });

  it('cannot return more than six megabytes', async () => {
    const name = harness.define(`export const handler = async () => 'x'.repeat(6 * 2 ** 20 + 200);`);
    expect(await harness.invoke(name)).toMatchObject({
      functionError: 'Unhandled',
      result: { errorType: 'Function.ResponseSizeTooLarge' },
    });
  });

  it('writes its output to CloudWatch Logs between START, END and REPORT', async () => {
    const name = harness.define(`export const handler = async () => {
      console.log('hello %d', 7); process.stdout.write('{"raw":1}\\n'); console.error('two\\nlines'); };`);
    await harness.invoke(name);
    await harness.lambda.close();
    const lines = harness.logLines();
    expect(lines).toEqual([
      expect.stringMatching(/^START RequestId: [\w-]+ Version: \$LATEST$/),
      expect.stringMatching(/^\d{4}-.*Z\t[\w-]+\tINFO\thello 7$/),
      '{"raw":1}',
      expect.stringMatching(/\tERROR\ttwo\rlines$/),
      expect.stringMatching(/^END RequestId: /),
      expect.stringMatching(/^REPORT RequestId: .*\tDuration: [\d.]+ ms\t.*Memory Size: 128 MB\t.*Init Duration: /),
    ]);
    const created = harness.calls.filter(({ operation }) => operation !== 'PutLogEvents');
    expect(created.map(({ operation }) => operation)).toEqual(['CreateLogStream']);
    expect(created[0]?.input['logStreamName']).toMatch(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
  });

  it('logs in JSON when its logging configuration says so', async () => {
    const name = harness.define(`export const handler = async () => { console.warn({ a: 1 }); };`, {
      logFormat: 'JSON',
    });
    await harness.invoke(name);
    await harness.lambda.close();
    const lines = harness.logLines().map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      { type: 'platform.start' },
      { level: 'WARN', message: { a: 1 }, requestId: expect.any(String) },
      { type: 'platform.report', record: { status: 'success' } },
    ]);
  });
});

describe('a function under a fast clock', () => {
  it('lives on that clock, but still has ten real seconds for its work', async () => {
    const clock = new ScaledClock(600, Date.parse('2031-05-05T00:00:00Z'));
    const harness = createHarness({ clock });
    const name = harness.define(
      `export const handler = async (e) => {
        const from = Date.now(); await new Promise((r) => setTimeout(r, 60_000));
        for (const end = process.hrtime.bigint() + BigInt(e.busyMs) * 1_000_000n; process.hrtime.bigint() < end;);
        return { from, passed: Date.now() - from }; };`,
      { timeoutSeconds: 100 },
    );
    const { result } = (await harness.invoke(name, { busyMs: 120_000 })) as {
      result: { from: number; passed: number };
    };
    expect(new Date(result.from).getUTCFullYear()).toBe(2031);
    expect(result.passed).toBeGreaterThanOrEqual(170_000);
    await harness.close();
  });
});
