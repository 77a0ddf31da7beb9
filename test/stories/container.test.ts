/** A job with an image of ECR's, on a stack that names its repository, with a stand-in for docker on its machines. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assemble } from '../lib/support/synthesize';
import { StandInDocker } from '../support/docker/stand-in';
import { World } from './support/world';

const REGISTRY = '000000000000.dkr.ecr.us-east-1.amazonaws.com';
const IMAGE = `${REGISTRY}/team/train:v1`;
const resources = { instanceTypes: ['m6i.large'], volumeGiB: 30, image: IMAGE };
const assemblyDir = mkdtempSync(join(tmpdir(), 'runctl-container-'));

let docker: StandInDocker;
let world: World;
beforeAll(async () => {
  docker = new StandInDocker();
  assemble(assemblyDir, { imageRepositories: [`${REGISTRY}/team/*`] });
  world = await World.start({ cloud: { assemblyDir } });
});
afterAll(async () => {
  await world?.close();
  docker.remove();
  rmSync(assemblyDir, { recursive: true, force: true });
});

it('is pulled by the instance’s role, interrupted, and goes on in a container on the next instance', async () => {
  const earlier = docker.calls.length;
  const calls = (name: string) => docker.calls.slice(earlier).filter(({ call }) => call === name);
  const sessionId = await world.submit('--steps 40 --save-every 10 --hold-at 17', { resources });
  const node = await world.trainingAt(sessionId, 17);
  await world.cloud.ec2.interrupt(node.instanceId);
  await world.success(sessionId);

  expect(await world.json(`results/${sessionId}/result.json`)).toEqual({ steps: 40, resumedAt: 17 });
  expect(calls('container').map(({ image }) => image)).toEqual([IMAGE, IMAGE]);
  expect(calls('signal')).toEqual([]);
  const [login] = calls('login');
  expect(login?.input).not.toBe('');
  expect(login?.arguments).not.toContain(login?.input);
  expect(calls('login')).toHaveLength(2);
});

it('fails in words, and once, when the registry has no such image', async () => {
  const image = `${REGISTRY}/team/missing:v1`;
  const sessionId = await world.submit('', { resources: { ...resources, image } });
  const { error, cause } = await world.end(sessionId);
  expect(error).toBe('TrainingFailed');
  expect(cause).toContain(`Stage image failed: pulling ${image}`);
  expect(cause).toContain('There is no such image or tag');
  await world.noInstances(sessionId);
});
