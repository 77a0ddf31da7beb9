import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ScaledClock } from '../../local/clock';
import { CLOCK_PRELOAD, clockEnvironment } from '../../local/clock-environment';

const run = promisify(execFile);

/** Runs an ES module under the preload and gives back what it printed as JSON. */
async function inChild(source: string, env: Record<string, string>): Promise<Record<string, unknown>> {
  const args = ['--require', CLOCK_PRELOAD, '--input-type=module', '--eval', source];
  const { stdout } = await run(process.execPath, args, { env: { PATH: process.env['PATH'] ?? '', ...env } });
  return JSON.parse(stdout) as Record<string, unknown>;
}

const MEASURE_A_SLEEP = `
  import { setTimeout as sleep } from 'node:timers/promises';
  import { promisify } from 'node:util';
  import { performance } from 'node:perf_hooks';
  const marks = () => ({ date: Date.now(), perf: performance.now(), hr: Number(process.hrtime.bigint() / 1000000n), up: process.uptime() * 1000 });
  const a = marks(); const t = process.hrtime();
  await sleep(20_000);
  await promisify(setTimeout)(10_000);
  await new Promise((resolve) => { let n = 0; const i = setInterval(() => { if (++n === 3) { clearInterval(i); resolve(); } }, 10_000); });
  const b = marks();
  const passed = Object.fromEntries(Object.keys(a).map((key) => [key, b[key] - a[key]]));
  console.log(JSON.stringify({ ...passed, hrtime: process.hrtime(t)[0] * 1000 }));`;

describe('the clock preload', () => {
  it('lets a minute of timers and clocks pass in about a second under speed 60', async () => {
    const startedAt = performance.now();
    const passed = await inChild(MEASURE_A_SLEEP, clockEnvironment(new ScaledClock(60)));
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    for (const ms of Object.values(passed)) {
      expect(ms).toBeGreaterThanOrEqual(58_000);
      expect(ms).toBeLessThan(600_000);
    }
  });

  it.each([1, 60])('lets the wall clock jump, and it alone, at speed %i', async (speed) => {
    const jumped = await inChild(
      `import { createRequire } from 'node:module';
       const { jump } = createRequire(import.meta.url)(${JSON.stringify(CLOCK_PRELOAD)});
       const before = [Date.now(), performance.now()];
       jump(7_200_000); jump(-3_600_000);
       const hours = (ms) => Math.round(ms / 3_600_000);
       console.log(JSON.stringify({ date: hours(Date.now() - before[0]), made: hours(new Date() - before[0]), monotonic: hours(performance.now() - before[1]) }))`,
      clockEnvironment(new ScaledClock(speed)),
    );
    expect(jumped).toEqual({ date: 1, made: 1, monotonic: 0 });
  });

  it('shows the time of the clock that started the process', async () => {
    const clock = new ScaledClock(1, Date.parse('2030-01-02T03:04:05Z'));
    const env = clockEnvironment(clock);
    const seen = await inChild(
      `console.log(JSON.stringify({
         now: Date.now(), made: new Date().toISOString(), text: Date().slice(0, 15), same: new Date() instanceof Date,
         kept: new Date(0).toISOString(), inherited: new (class extends Date {})().getFullYear(),
         viaConstructor: new (new Date(0).constructor)().getFullYear(),
         origin: new Date(performance.timeOrigin + performance.now()).getFullYear() }))`,
      env,
    );
    expect(seen).toMatchObject({
      same: true,
      text: 'Wed Jan 02 2030',
      kept: '1970-01-01T00:00:00.000Z',
      inherited: 2030,
      viaConstructor: 2030,
      origin: 2030,
    });
    expect(seen['made']).toMatch(/^2030-01-02T03:04:/);
  });

  it('does nothing at speed 1 without an offset', async () => {
    expect(clockEnvironment(new ScaledClock(1))).toEqual({});
    const native = `console.log(JSON.stringify({ native: [setTimeout, Date, process.hrtime, performance.now].map((f) =>
      f.name + (Object.getOwnPropertyDescriptor(performance, 'now') ? '!' : '')) }))`;
    const plain = await inChild(native, {});
    const settings = JSON.stringify({ epochMs: 5, realMs: 5, speed: 1 });
    expect(await inChild(native, { RUNCTL_LOCAL_CLOCK: settings })).toEqual(plain);
  });

  it('leaves network time-outs real: a slow answer does not time out sooner under speed 60', async () => {
    const source = `
      import { createServer, get } from 'node:http';
      const server = createServer((_, response) => setTimeout(() => response.end('late'), 60 * 300)).listen(0, '127.0.0.1', () => {
        const url = 'http://127.0.0.1:' + server.address().port;
        const request = get(url, { timeout: 5000 }, async (response) => {
          const fetched = await fetch(url, { signal: AbortSignal.timeout(5000) });
          console.log(JSON.stringify({ status: response.statusCode, fetched: await fetched.text() }));
          process.exit();
        });
        request.on('timeout', () => { console.log(JSON.stringify({ status: 'timeout' })); process.exit(); });
      });`;
    const seen = await inChild(source, clockEnvironment(new ScaledClock(60)));
    expect(seen).toEqual({ status: 200, fetched: 'late' });
  });
});
