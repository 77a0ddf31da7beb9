/** The bundled agent on a host of the local cloud: its scripts, systemd, IMDS, STS and S3, all over the wire. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { jobSpecSchema } from '../../core/job/job-spec';
import type { Order } from '../../core/node/lease';
import type { FinalStatus, NodeStatus } from '../../core/node/node-status';
import { finalKey, leaseKey, planKey, statusKey } from '../../core/s3-layout';
import { agentBundle } from '../../lib/bundles';
import { ScaledClock } from '../../local/clock';
import { clockEnvironment } from '../../local/clock-environment';
import type { HostCommandResult } from '../../local/hosts/host';
import { createProcessHosts } from '../../local/hosts/process-hosts';
import { createIdentities } from '../../local/identities';
import { createS3 } from '../../local/services/s3/s3';
import { createSts } from '../../local/services/sts';
import { countingIds, startTestGateway } from '../gateway/start-test-gateway';
import { hostSpec, until } from '../hosts/support';
import { FIXTURES, ORDER } from './machine';

const BOOTSTRAP = join(__dirname, '..', '..', 'agent', 'bootstrap');
const BUCKET = 'stack-bucket';
const ACCOUNT_ID = '000000000000';
const script = (name: string) => readFileSync(join(BOOTSTRAP, name), 'utf8');

/** A cloud of S3, STS and one host, on which the agent of session s-1, attempt 1 can be started. */
async function startWorld(command: string) {
  const dataDir = mkdtempSync(join(tmpdir(), 'runctl-host-'));
  const clock = new ScaledClock();
  const newId = countingIds();
  const identities = createIdentities({ newId, clock, accountId: ACCOUNT_ID });
  const common = { clock, newId, region: 'us-east-1', accountId: ACCOUNT_ID, log: () => {} };
  const s3 = createS3({ ...common, dataDir, emitEvent: () => {} });
  s3.createBucket(BUCKET);
  const gateway = await startTestGateway({ s3, identities, services: [createSts({ identities })], clock });
  const hosts = createProcessHosts({
    dataDir,
    clock,
    endpoint: () => gateway.endpoint,
    region: 'us-east-1',
    issueCredentials: (_profile, instanceId) => ({
      ...identities.issueForRole('NodeRole', instanceId),
      roleName: 'NodeRole',
    }),
    clockEnvironment: clockEnvironment(clock),
    log: () => {},
    keepDisks: true,
  });
  let hasPoweredOff = false;
  const spec = hostSpec(script('user-data.sh'));
  const poweredOff = () => {
    hasPoweredOff = true;
  };
  const host = hosts.launch(spec, { registered: () => {}, poweredOff });
  const userId = `${identities.roleId('NodeRole')}:${spec.instanceId}`;
  const home = join(dataDir, 'hosts', spec.instanceId, 'var/lib/runctl');
  const agent = agentBundle();
  const parameters: Record<string, string> = {
    sessionId: 's-1',
    attempt: '1',
    bucket: BUCKET,
    region: 'us-east-1',
    logGroup: '',
    agentUrl: pathToFileURL(agent).href,
    agentSha256: createHash('sha256').update(readFileSync(agent)).digest('hex'),
    nodeUrl: 'file:///none',
    nodeSha256: 'none',
  };
  const nodes = [{ instanceId: spec.instanceId, privateAddress: '10.0.0.4' }];
  const order: Order = { ...ORDER, nodes };
  const lease = { version: 1, sessionId: 's-1', renewedAt: '', leaseMinutes: 30, orders: { 1: order } };
  const job = jobSpecSchema.parse({
    name: 'host',
    command,
    code: `s3://${BUCKET}/code/c.tar.gz`,
    checkpoints: { pattern: 'step-*', resumeArg: '--resume {path}' },
  });
  const plan = {
    version: 1,
    sessionId: 's-1',
    plannedAt: '',
    bucket: BUCKET,
    resultsUri: `s3://${BUCKET}/results/s-1/`,
    job,
  };
  const type = {
    instanceType: 'm6i.large',
    architecture: 'x86_64',
    vcpus: 2,
    memoryMiB: 1,
    gpus: 0,
    amiId: 'a',
    rootDeviceName: 'x',
    volumeGiB: 8,
  };
  const instanceTypes = [{ ...type, spotUsdPerHour: null, onDemandUsdPerHour: null }];
  await s3.putObject(BUCKET, planKey('s-1'), JSON.stringify({ ...plan, instanceTypes }));
  await s3.putObject(BUCKET, leaseKey('s-1'), JSON.stringify(lease));
  await s3.putObject(BUCKET, 'code/c.tar.gz', execFileSync('tar', ['-czf', '-', '-C', FIXTURES, 'train.py']));
  const json = async <T>(key: string): Promise<T | undefined> => {
    const body = await s3.getObject(BUCKET, key).catch(() => undefined);
    return body && (JSON.parse(body.toString('utf8')) as T);
  };
  const runStep = (name: string): Promise<HostCommandResult> => {
    const text = script(name).replace(/\{\{ (\w+) \}\}/g, (_, key: string) => parameters[key] ?? '');
    return host.run({ commandId: `c-${newId()}`, step: name, script: text, timeoutSeconds: 60 }).finished;
  };
  return {
    host,
    hasPoweredOff: () => hasPoweredOff,
    runStep,
    status: () => json<NodeStatus>(statusKey(userId)),
    final: () => json<FinalStatus>(finalKey(userId)),
    results: () => s3.list(BUCKET, 'results/').map(({ key }) => key),
    trainingLog: () => readFileSync(join(home, 'logs', 'train.log'), 'utf8'),
    countdown: () => readFileSync(join(home, 'deadman', 'countdown'), 'utf8').trim(),
    setCountdown: (seconds: number) => writeFileSync(join(home, 'deadman', 'countdown'), `${seconds}\n`),
    userId,
    agentPids: () => pidsOf(join(home, 'bin', 'agent.cjs')),
    trainingPids: () => pidsOf('train.py', join(home, 'work')),
    async close() {
      await hosts.close();
      await gateway.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Processes with an argument that ends so, and of those the ones that run in a folder. */
function pidsOf(argument: string, folder?: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        return words.some((word) => word.endsWith(argument)) && (folder === undefined || environment.includes(folder));
      } catch {
        return false;
      }
    });
}

let world: Awaited<ReturnType<typeof startWorld>>;

afterEach(() => world.close());

describe('on a host', () => {
  it('the start command delivered twice trains once, and the machine powers itself off', async () => {
    world = await startWorld('python3 train.py --steps 20');
    await until(() => existsCountdown());
    expect(await world.runStep('install-agent.sh')).toMatchObject({ exitCode: 0, stderr: '' });
    const started = await Promise.all([world.runStep('start-agent.sh'), world.runStep('start-agent.sh')]);
    expect(started.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(world.agentPids()).toHaveLength(1);
    await until(() => world.hasPoweredOff());
    expect(await world.final()).toMatchObject({ outcome: 'succeeded', exitCode: 0, lastCheckpoint: { step: 20 } });
    expect(world.results()).toEqual(
      ['model.json', 'runctl-manifest.json', 'train.log'].map((name) => `results/s-1/${name}`),
    );
    expect(world.trainingLog().match(/began at/g)).toHaveLength(1);
  });

  it('an agent that is killed comes back, ends what is left, and goes on from where training saved', async () => {
    world = await startWorld('python3 train.py --steps 30 --hold-at 12');
    await until(() => existsCountdown());
    await world.runStep('install-agent.sh');
    await world.runStep('start-agent.sh');
    world.setCountdown(600);
    await until(async () => (await world.status())?.lastCheckpoint?.step === 10);
    await until(() => world.trainingLog().includes('step=12 '));
    const [agent = 0] = world.agentPids();
    const [training = 0] = world.trainingPids();
    process.kill(agent, 'SIGKILL');
    await until(() => world.trainingLog().includes('began at 12'));
    expect(world.trainingPids()).not.toContain(training);
    await until(() => world.hasPoweredOff());
    expect(await world.final()).toMatchObject({
      outcome: 'succeeded',
      resumedFrom: { userId: world.userId, name: 'step-12.json', step: 12 },
    });
    expect(Number(world.countdown())).toBeGreaterThan(1000);
  });
});

function existsCountdown(): boolean {
  try {
    return world.countdown() === '1200';
  } catch {
    return false;
  }
}
