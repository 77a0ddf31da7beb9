/** The commands on a local cloud that runs a real job: what somebody does with one on a day. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as planning from '../../aws/planning-ports';
import * as zombies from '../../aws/zombie-ports';
import type { SessionView } from '../../core/view/session-view';
import { World } from '../stories/support/world';
import { type RunOptions, runCli, type Said } from './support/run-cli';

jest.setTimeout(300_000);

let world: World;
let cwd: string;
/** The session that was interrupted and finished, which the tests after it look at. */
let finished: string;

const cli = (line: string, options: RunOptions = {}): Promise<Said> =>
  runCli([...line.split(' '), '--local'], {
    cwd,
    seams: { planning: async () => planning, zombies: async () => zombies },
    ...options,
  });

/** The command must succeed; returns what it printed, as JSON. */
async function json<T>(line: string): Promise<T> {
  const { exitCode, out, err } = await cli(`${line} --json`);
  if (exitCode !== 0) throw new Error(`runctl ${line} ended with ${exitCode}: ${err}`);
  return JSON.parse(out) as T;
}

const show = (id: string) => json<SessionView>(`show ${id}`);

const trains = (id: string, step: number) =>
  world.until(`${id} trains at step ${step}`, async () => {
    const view = await show(id);
    return view.state === 'training' && (view.progress?.step ?? 0) >= step ? view : undefined;
  });

function writeJob(train: string, more: object = {}): void {
  const job = {
    name: 'count',
    owner: 'ana',
    command: `python3 train.py ${train}`,
    code: './src',
    checkpoints: { pattern: 'step-*.json', resumeArg: '--resume {path}' },
    resources: { instanceTypes: ['m6i.large'], volumeGiB: 30 },
    limits: { maxUsd: 5 },
    ...more,
  };
  writeFileSync(join(cwd, 'job.json'), `// of a test\n${JSON.stringify(job, null, 2)}`);
}

beforeAll(async () => {
  world = await World.start({ speed: 5 });
  cwd = mkdtempSync(join(tmpdir(), 'runctl-cli-'));
  mkdirSync(join(cwd, '.runctl'));
  const { endpoint, region } = world.cloud;
  writeFileSync(join(cwd, '.runctl', 'local.json'), JSON.stringify({ endpoint, region }));
  mkdirSync(join(cwd, 'src'));
  cpSync(resolve(__dirname, '../stories/trainer/train.py'), join(cwd, 'src', 'train.py'));
});
afterAll(async () => {
  await world?.close();
  rmSync(cwd, { recursive: true, force: true });
});

it('submit, watch, interrupt, show, logs, download: an interruption costs nothing', async () => {
  finished = world.newName('day');
  writeJob('--steps 40 --save-every 10 --hold-at 17');
  const submitted = await cli(`submit job.json --id ${finished}`);
  expect(submitted).toMatchObject({ exitCode: 0, out: expect.stringContaining(`started ${finished}`) });
  expect(submitted.out).toContain(`runctl watch ${finished} --local`);
  expect(submitted.err).toMatch(/code \.\/src: 1 file uploaded, /);
  const watching = cli(`watch ${finished}`);
  const following = cli(`logs ${finished} -f`);

  await trains(finished, 17);
  const [listed] = await json<SessionView[]>('ls');
  expect(listed).toMatchObject({ sessionId: finished, state: 'training', attempt: 1, job: { owner: 'ana' } });
  expect(await runCli(['local', 'interrupt', finished], { cwd })).toMatchObject({
    exitCode: 0,
    out: expect.stringMatching(/^i-[0-9a-f]+ has its two-minute notice/),
  });

  const watched = await watching;
  expect(watched.exitCode).toBe(0);
  expect(watched.out).toMatch(/Attempt 1 ended: AWS took the spot instance back[\s\S]*state: succeeded/);
  expect(watched.out).toMatch(/Attempt 1 saved in .*, uploaded in .*: step-000017\.json/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  expect(watched.out).not.toMatch(/[\x00-\x09\x0b-\x1f]/);

  const view = await show(finished);
  expect(view).toMatchObject({
    state: 'succeeded',
    isOver: true,
    attempt: 2,
    progress: { step: 40, total: 40, fraction: 1, etaSeconds: null },
    lastCheckpoint: { step: 40, attempt: 2 },
    cost: { maxUsd: 5 },
    totals: { recomputedSteps: 0 },
  });
  expect(view.attempts.map(({ resumedFrom }) => resumedFrom?.step ?? null)).toEqual([null, 17]);
  expect(view.attempts[0]?.end?.error).toBe('SpotInterrupted');
  const shown = await cli(`show ${finished}`);
  expect(shown.out).toMatch(/Attempt 2 .*[\s\S]*resumed +step-000017\.json \(step 17\); steps done again: 0/);
  expect(shown.out).toContain('Attempt 2 goes on at step 17 from step-000017.json, verified');

  const { out: log, exitCode } = await following;
  expect(exitCode).toBe(0);
  const steps = [...log.matchAll(/^step=(\d+) /gm)].map(([, step]) => Number(step));
  expect(steps).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  expect((await cli(`logs ${finished}`)).out).toBe(log);
  expect((await cli(`logs ${finished} --attempt 2`)).out).toMatch(/^resumed at step 17\nstep=18 /);

  const downloaded = await cli(`download ${finished}`);
  expect(downloaded).toMatchObject({
    exitCode: 0,
    out: expect.stringMatching(new RegExp(`^results: 2 files, .* verified, in results/${finished}$`, 'm')),
  });
  expect(JSON.parse(readFileSync(join(cwd, `results/${finished}/result.json`), 'utf8'))).toEqual({
    steps: 40,
    resumedAt: 17,
  });
});

it('stop says what was saved, resume goes on from there, with what is left of the budget', async () => {
  const stoppedId = world.newName('day');
  const laterId = world.newName('day');
  writeJob('--steps 40 --save-every 10 --hold-at 23');
  await cli(`submit job.json --id ${stoppedId}`);
  await trains(stoppedId, 23);
  const stopped = await cli(`stop ${stoppedId}`);
  expect(stopped).toMatchObject({ exitCode: 0 });
  expect(stopped.out).toMatch(
    new RegExp(`^${stoppedId} stopped\\.\nlast checkpoint: step-000023\\.json \\(step 23, attempt 1,`),
  );
  expect(stopped.err).toContain(`to go on: runctl resume ${stoppedId} --local`);
  expect((await cli(`stop ${stoppedId}`)).out).toContain(`${stoppedId} has ended already: stopped.`);
  expect((await cli(`watch ${stoppedId}`)).exitCode).toBe(5);

  const [newest] = await json<object[]>(`checkpoints ${stoppedId} --verify`);
  expect(newest).toMatchObject({ name: 'step-000023.json', step: 23, state: 'verified', resumedBy: [], problems: [] });
  expect((await cli(`download ${stoppedId}`)).out).toMatch(/^what attempt 1 left \(it did not finish\): 1 file, /);
  expect((await cli(`download ${stoppedId} here-${stoppedId} --checkpoint`)).exitCode).toBe(0);
  expect(JSON.parse(readFileSync(join(cwd, `here-${stoppedId}/step-000023.json`), 'utf8'))).toEqual({ step: 23 });

  const resumed = await cli(`resume ${stoppedId} --id ${laterId} --add-usd 1 --watch`);
  expect(resumed.exitCode).toBe(0);
  const view = await show(laterId);
  expect(view.resumedFromSession).toBe(stoppedId);
  expect(view.attempts[0]?.resumedFrom?.step).toBe(23);
  expect(view.cost?.maxUsd).toBeGreaterThan(5.9);
  expect(view.cost?.maxUsd).toBeLessThan(6);
});

it('a checkpoint that was torn is told as such, and not downloaded', async () => {
  const session = await world.session(finished);
  const userId = session?.attempts[1]?.nodes[0]?.userId;
  const [key] = (await world.keys(`nodes/${userId}/checkpoints/`))
    .filter((each) => each.endsWith('.json') && !each.endsWith('manifest.json'))
    .slice(-1);
  const whole = (await world.text(key ?? '')) ?? '';
  try {
    await world.put(key ?? '', `${whole} `);
    const [newest] = await json<{ state: string }[]>(`checkpoints ${finished}`);
    expect(newest?.state).toBe('torn');
    await world.put(key ?? '', whole.replace('4', '5'));
    expect((await json<{ state: string }[]>(`checkpoints ${finished}`))[0]?.state).toBe('whole');
    expect((await json<{ state: string }[]>(`checkpoints ${finished} --verify`))[0]?.state).toBe('torn');
    const refused = await cli(`download ${finished} torn --checkpoint`);
    expect(refused).toMatchObject({ exitCode: 1, err: expect.stringContaining('differs from what was uploaded') });
    expect(existsSync(join(cwd, 'torn/step-000040.json'))).toBe(false);
  } finally {
    await world.put(key ?? '', whole);
  }
});

it('a command that fails: the log’s last lines, 5 for scripts', async () => {
  const failing = world.newName('day');
  writeJob('--steps 40 --fail-at 3');
  const { exitCode, out } = await cli(`submit job.json --id ${failing} --watch`);
  expect(exitCode).toBe(5);
  expect(out).toContain('ValueError: the data has a hole');
  expect((await cli(`show ${failing}`)).out).toMatch(/failed.*[\s\S]*The command exited with code 3/);
});

it('plan shows pools and a forecast, and launches nothing', async () => {
  writeJob('--steps 40');
  const before = (await json<object[]>('ls')).length;
  const { exitCode, out } = await cli('plan job.json --hours 10');
  expect(exitCode).toBe(0);
  expect(out).toMatch(/✓ job\.json is valid\. Nothing was launched\.[\s\S]*m6i\.large[\s\S]*at worst +1\d h/);
  const view = await json<{ pools: object[]; forecast: { atWorst: { usd: number } } }>('plan job.json --hours 10');
  expect(view.pools).toEqual([expect.objectContaining({ instanceType: 'm6i.large', markets: ['spot', 'on-demand'] })]);
  expect(view.forecast.atWorst.usd).toBeGreaterThan(0.9);
  expect((await json<object[]>('ls')).length).toBe(before);
});

it.each([
  ['plan job.json --set resources.instanceTypes=["m6i.larg"]', 3, 'did you mean "m6i.large"'],
  ['plan job.json --set data=s3://no-such-bucket-anywhere/x', 3, '--set data: found s3://no-such-bucket-anywhere/x'],
  ['submit job.json --set limits.maxHours=no', 3, '--set limits.maxHours: found "no"'],
  ['submit nowhere.json', 4, 'There is no file nowhere.json'],
  ['submit job.json --id DAY', 2, 'There is a session DAY already'],
  ['submit job.json --id no/way', 2, 'is no session id'],
  ['show nix', 4, 'There is no session nix in the stack Runctl.\nSee: runctl ls --local'],
  ['plan src', 4, 'src is a folder.'],
  ['logs DAY --node 3', 4, 'has no node of rank 3'],
  ['resume DAY', 3, 'succeeded: there is nothing to go on with'],
  ['logs DAY --attempt 9', 4, 'has no attempt 9; it has 2'],
  ['download DAY x --checkpoint 999', 4, 'no whole checkpoint of step 999'],
  ['ls --stack Other', 4, 'There is no stack Other in us-east-1'],
])('wrong on purpose: runctl %s', async (line, exitCode, message) => {
  writeJob('--steps 40');
  const said = await cli(line.replace('DAY', finished));
  expect(said.err).toContain(message.replace('DAY', finished));
  expect([said.exitCode, said.out]).toEqual([exitCode, '']);
});

it('a job that the control plane refuses is told with its reason', async () => {
  const refused = world.newName('day');
  await world.startExecution(refused, { name: 'x' });
  const { exitCode, out } = await cli(`watch ${refused}`);
  expect(exitCode).toBe(5);
  expect(out).toContain('command: is required and missing');
  expect((await cli(`show ${refused}`)).out).toMatch(new RegExp(`^${refused} {2}refused`));
});

it('zombies lists what no session accounts for', async () => {
  expect(await cli('zombies')).toEqual({
    exitCode: 0,
    out: 'No zombies: every instance and volume is accounted for.\n',
    err: '',
  });
});

it('doctor finds what is well and what is not', async () => {
  const { exitCode, out } = await cli('doctor');
  expect(exitCode).toBe(0);
  expect(out).toMatch(/✓ stack +Runctl is CREATE_COMPLETE/);
  expect(out).toMatch(/! notifications +nobody is told/);
  world.cloud.setQuota('L-3819A6DF', 0);
  const checks = await json<{ name: string; state: string; mend: string }[]>('doctor');
  const gpu = checks.find(({ name }) => name === 'quota: GPU machines, spot');
  expect(gpu).toMatchObject({ state: 'warning', mend: expect.stringContaining('request-service-quota-increase') });
});

it('Ctrl-C leaves a session alone and says so', async () => {
  const going = world.newName('day');
  writeJob('--steps 4000 --hold-at 3');
  await cli(`submit job.json --id ${going}`);
  const stop = new AbortController();
  const watching = cli(`watch ${going}`, { signal: stop.signal });
  await trains(going, 3);
  stop.abort();
  expect(await watching).toMatchObject({
    exitCode: 130,
    err: expect.stringContaining(`To stop it: runctl stop ${going} --local`),
  });
  expect((await show(going)).isOver).toBe(false);
  expect((await cli(`stop ${going} --now`)).out).toContain(`${going} stopped.`);
});

it('on a terminal watch is drawn in place', async () => {
  const { out } = await cli(`watch ${finished}`, { isTTY: true, env: { TERM: 'xterm' } });
  expect(out).toContain('\x1b[K');
  expect(out).toContain(finished);
  expect((await cli('ls', { isTTY: true, env: { TERM: 'xterm', NO_COLOR: '1' } })).out).not.toContain('\x1b[');
});
