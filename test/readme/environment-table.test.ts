import { readFile } from 'node:fs/promises';
import { type TrainingEnvironmentInput, trainingEnvironment } from '../../agent/training-environment';
import { requireJobSpec } from '../../core/job/job-spec-problems';
import { README } from './readme-blocks';

const input: TrainingEnvironmentInput = {
  own: {},
  region: 'us-east-1',
  job: requireJobSpec({ name: 'name', command: 'command' }),
  secrets: {},
  userId: 'AROA1:i-0a',
  sessionId: 'session',
  attempt: 2,
  order: {
    go: true,
    desired: 'run',
    reason: null,
    immediate: false,
    stopAt: null,
    stopAtReason: null,
    resumeCandidates: [],
    nodes: [{ instanceId: 'i-1', privateAddress: '10.0.0.1' }],
  },
  rank: 0,
  gpus: 0,
  folders: { checkpoints: '/checkpoints', output: '/output', data: '/data' },
  pythonFolder: '/python',
  resume: { path: '/resume/step-000100.json', step: 100 },
  user: undefined,
};

it('tells of no variable that the training command does not see', async () => {
  const readme = await readFile(README, 'utf8');
  const section = /^Your script finds what it needs([\s\S]*?)^What it has to do/m.exec(readme)?.[1] ?? '';
  const told = [...section.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, names = '']) =>
    [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );

  expect(told.length).toBeGreaterThan(5);
  expect(Object.keys(trainingEnvironment(input))).toEqual(expect.arrayContaining(told));
});
