/** Training in trouble: what the job's `on` asks for is done, after its user was told. */
import { World } from './support/world';

/** Some seconds of real time: whoever is slower to start than that is taken for stalled. */
const STALL_MINUTES = 4;

let world: World;
beforeAll(async () => {
  world = await World.start({ speed: 20 });
});
afterAll(() => world?.close());

/** How often somebody was told that the session's steps end at this one: a slow machine may make others seem the last. */
const timesToldOfStall = (sessionId: string, step: number) =>
  world.cloud
    .notifications()
    .filter(
      ({ attributes, message }) =>
        JSON.stringify(attributes ?? {}).includes('training-stalled') &&
        message.includes(sessionId) &&
        message.includes(`(step ${step}, `),
    ).length;

it('a stall is told of, restarted, and the job finishes from what it saved', async () => {
  const sessionId = await world.submit('--steps 40 --save-every 10 --hold-at 17', {
    limits: { stallMinutes: STALL_MINUTES },
    on: { stall: 'restart' },
  });
  await world.success(sessionId);
  expect(await world.json(`results/${sessionId}/result.json`)).toEqual({ steps: 40, resumedAt: 17 });
  expect((await world.session(sessionId))?.attempts.map(({ verdict }) => verdict?.error)).toEqual([
    'TrainingRestarted',
    null,
  ]);
  expect(timesToldOfStall(sessionId, 17)).toBe(1);
});

it('a stall is told of and stopped, resumable, where the job says stop', async () => {
  const sessionId = await world.submit('--steps 40 --save-every 10 --hold-at 17', {
    limits: { stallMinutes: STALL_MINUTES },
    on: { stall: 'stop' },
  });
  const { status, error, cause } = await world.end(sessionId);
  expect([status, error]).toEqual(['FAILED', 'TrainingStalled']);
  expect(cause).toContain('step 17');
  expect(cause).toContain('on.stall is "stop"');
  expect((await world.session(sessionId))?.outcome).toMatchObject({ result: 'stopped', resumable: true });
});

it('a loss that is not a number stops; who resumes begins with the checkpoint from before', async () => {
  const sessionId = await world.submit('--steps 4000 --step-seconds 0.1 --save-every 10 --nan-from 25', {
    on: { nan: 'stop' },
  });
  const { error, cause } = await world.end(sessionId);
  expect(error).toBe('LossNotFinite');
  expect(cause).toContain('step-000020.json');
  const [node] = await world.nodes(sessionId, 1);
  expect(node?.final?.lastCheckpoint?.step).toBeGreaterThan(25);

  const later = await world.submit('--steps 40', { resumeFrom: sessionId });
  await world.success(later);
  expect(await world.json(`results/${later}/result.json`)).toEqual({ steps: 40, resumedAt: 20 });
});
