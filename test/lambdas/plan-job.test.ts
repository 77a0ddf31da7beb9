import { planSchema } from '../../core/plan/plan';
import { planJob } from '../../lambdas/plan-job/plan-job';
import { type MemoryPorts, memoryPorts } from '../support/memory-ports';
import { aFinal, aNode, anAttempt, aSession, minutesAgo } from '../support/sessions';

const EXECUTION = 'arn:aws:states:us-east-1:000000000000:execution:Runctl:run-1';
const gpuJob = {
  name: 'digits',
  command: 'python3 train.py',
  code: 's3://data/code.tar.gz',
  resources: { instanceTypes: ['g5.xlarge', 'g5.2xlarge'] },
};

const plan = (ports: MemoryPorts, job: object, sessionId = 'run-1', executionArn = EXECUTION) =>
  planJob({ sessionId, executionArn, job }, ports);

describe('plan-job', () => {
  it('resolves types, image, root disk and prices, and writes plan and record', async () => {
    const ports = memoryPorts();

    expect(await plan(ports, gpuJob)).toEqual({ sessionId: 'run-1' });

    const written = planSchema.parse(ports.objects.json('sessions/run-1/plan.json'));
    expect(written.resultsUri).toBe('s3://bucket/results/run-1/');
    expect(written.instanceTypes[0]).toEqual({
      instanceType: 'g5.xlarge',
      architecture: 'x86_64',
      vcpus: 4,
      memoryMiB: 16384,
      gpus: 1,
      amiId: 'ami-0000000a',
      rootDeviceName: '/dev/sda1',
      volumeGiB: 100,
      spotUsdPerHour: 0.5,
      onDemandUsdPerHour: 1,
    });
    expect(written.instanceTypes[1]).toMatchObject({ spotUsdPerHour: null, onDemandUsdPerHour: null });
    expect(ports.sessions.record('run-1')).toMatchObject({ executionArn: EXECUTION, attempts: [], version: 1 });
  });

  it('never makes the root disk smaller than the image', async () => {
    const ports = memoryPorts();
    await plan(ports, { ...gpuJob, resources: { instanceTypes: ['g5.xlarge'], volumeGiB: 20 } });
    expect(planSchema.parse(ports.objects.json('sessions/run-1/plan.json')).instanceTypes[0]?.volumeGiB).toBe(75);
  });

  it('names every problem at once, before anything is written', async () => {
    const ports = memoryPorts();
    ports.objects.probes.set('s3://data/code.tar.gz', 'missing');
    ports.objects.probes.set('s3://private/data/', 'denied');
    const job = {
      ...gpuJob,
      data: 's3://private/data/',
      resources: { instanceTypes: ['g5.xlarg'] },
      resumeFrom: 'nobody',
    };

    const failure = await plan(ports, job).catch((error: Error) => error);

    expect(failure).toMatchObject({ name: 'InvalidJobSpec' });
    const { message } = failure as Error;
    expect(message).toContain('4 problems');
    expect(message).toContain('did you mean "g5.xlarge"?');
    expect(message).toContain('code: found s3://data/code.tar.gz; there is nothing at this address');
    expect(message).toContain('data: found s3://private/data/; the control plane may not read it');
    expect(message).toContain('resumeFrom: found nobody; there is no such session');
    expect(ports.objects.objects.size).toBe(0);
    expect(ports.sessions.records.size).toBe(0);
  });

  it('refuses an execution name that is no session id, together with what is wrong in the spec', async () => {
    const failure = plan(memoryPorts(), { name: 'x', comand: 'y' }, 'bad name!');
    await expect(failure).rejects.toMatchObject({
      name: 'InvalidJobSpec',
      message: expect.stringMatching(/\(execution name\): found "bad name!"[\s\S]*did you mean "command"\?/),
    });
  });

  it('ends at once when no type fits into the quotas, naming them and the command that raises them', async () => {
    const ports = memoryPorts();
    ports.quotas.values.set('L-3819A6DF', 0).set('L-DB2E81BA', 0);
    await expect(plan(ports, gpuJob)).rejects.toMatchObject({
      name: 'QuotaExceeded',
      message: expect.stringContaining(
        'aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-DB2E81BA --desired-value 4 --region us-east-1',
      ),
    });
  });

  it('goes on with the types that fit into the quota of one of their markets', async () => {
    const ports = memoryPorts();
    ports.quotas.values.set('L-3819A6DF', 0).set('L-DB2E81BA', 4);
    await plan(ports, gpuJob);
    const types = planSchema.parse(ports.objects.json('sessions/run-1/plan.json')).instanceTypes;
    expect(types.map(({ instanceType }) => instanceType)).toEqual(['g5.xlarge']);
  });

  it('takes images of public registries, and of the repositories of ECR that the stack names', async () => {
    const withImage = (image: string) => plan(memoryPorts(), { ...gpuJob, resources: { ...gpuJob.resources, image } });
    const registry = '123456789012.dkr.ecr.us-east-1.amazonaws.com';
    await withImage('pytorch/pytorch:2.4.0');
    await withImage('public.ecr.aws/docker/library/python:3.12');
    await withImage(`${registry}/team/train:v1`);
    await expect(withImage(`${registry}/theirs/train:v1`)).rejects.toMatchObject({
      name: 'InvalidJobSpec',
      message: expect.stringContaining('imageRepositories in cdk.json'),
    });
    await expect(withImage('Not An Image')).rejects.toMatchObject({
      name: 'InvalidJobSpec',
      message: expect.stringContaining('- resources.image: found "Not An Image"'),
    });
  });

  it('plans for several nodes, near each other in a placement group that exists', async () => {
    const near = { ...gpuJob.resources, nodes: 4, placementGroup: 'near' };
    await plan(memoryPorts(), { ...gpuJob, resources: near });
    const far = plan(memoryPorts(), { ...gpuJob, resources: { ...near, placementGroup: 'far' } });
    await expect(far).rejects.toMatchObject({
      name: 'InvalidJobSpec',
      message: expect.stringContaining('resources.placementGroup: found far; there is no such placement group'),
    });
  });

  describe('of data in S3', () => {
    const GIB = 2 ** 30;
    const data = 's3://data/images/';
    const withData = { ...gpuJob, data, resources: { instanceTypes: ['g5.xlarge'] } };
    const holding = (gib: number, more: object = {}) => {
      const ports = memoryPorts();
      ports.objects.sizes.set(data, { diskBytes: gib * GIB, objects: 1200, isAll: true, ...more });
      ports.objects.sizes.set(gpuJob.code, { diskBytes: GIB / 2, objects: 1, isAll: true });
      return ports;
    };

    it('refuses what no disk of that size can hold, with the arithmetic and what to set', async () => {
      const ports = holding(120.25);
      await expect(plan(ports, withData)).rejects.toMatchObject({
        name: 'InvalidJobSpec',
        message: expect.stringContaining(
          'resources.volumeGiB: found 100; data (s3://data/images/) takes 120.3 GiB in 1,200 objects, code (s3://data/code.tar.gz) takes 512.0 MiB in 1 object, ' +
            'and 1 GiB is kept for training: 121.8 GiB on a disk of 100 GiB. Set resources.volumeGiB to 197 or more, which leaves 75 GiB for the machine image',
        ),
      });
      expect(ports.sessions.records.size).toBe(0);
      await plan(ports, { ...withData, resources: { ...withData.resources, volumeGiB: 197 } });
    });

    it('says of more objects than it counts that they take at least so much', async () => {
      await expect(plan(holding(120, { isAll: false }), withData)).rejects.toMatchObject({
        message: expect.stringContaining('takes at least 120.0 GiB in 1,200 objects and more'),
      });
    });

    it('knows the disk to be as large as the image at least', async () => {
      await plan(holding(70), { ...withData, resources: { ...withData.resources, volumeGiB: 20 } });
    });

    it('names another way where no volume is large enough', async () => {
      await expect(plan(holding(20_000), withData)).rejects.toMatchObject({
        message: expect.stringContaining('No volume is larger than 16384 GiB'),
      });
    });

    it('refuses nothing where sizes cannot be told', async () => {
      await plan(memoryPorts(), withData);
    });

    it('warns of what fits only if the image takes less than its size', async () => {
      const ports = holding(60);
      await plan(ports, withData);
      const warnings = ports.log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
      expect(warnings.join()).toContain('The disk of 100 GiB may be too small');
    });
  });

  it('refuses a budget that the first hour would exceed, with the arithmetic', async () => {
    const job = { ...gpuJob, limits: { maxUsd: 0.9 }, resources: { instanceTypes: ['g5.xlarge'], nodes: 2 } };
    await expect(plan(memoryPorts(), job)).rejects.toMatchObject({
      name: 'InvalidJobSpec',
      message: expect.stringContaining('2 × g5.xlarge (spot) × ($0.5/h + $0.0111/h for its disk) = $1.0222'),
    });
  });

  it('refuses a price limit that every choice exceeds, and bears one that a market meets', async () => {
    const job = (maxUsdPerHour: number) => ({
      ...gpuJob,
      limits: { maxUsdPerHour },
      resources: { instanceTypes: ['g5.xlarge'] },
    });
    await expect(plan(memoryPorts(), job(0.4))).rejects.toMatchObject({
      message: expect.stringContaining('limits.maxUsdPerHour: found 0.4; every choice is dearer'),
    });
    await expect(plan(memoryPorts(), job(0.6))).resolves.toEqual({ sessionId: 'run-1' });
  });

  it("checks the job's own image against its types", async () => {
    const resources = { instanceTypes: ['g5.xlarge', 'm7g.large'], ami: 'ami-0123456789abcdef0' };
    await expect(plan(memoryPorts(), { ...gpuJob, resources })).rejects.toMatchObject({
      message: expect.stringContaining('which is for x86_64; m7g.large runs arm64'),
    });
    const missing = { ...gpuJob, resources: { instanceTypes: ['g5.xlarge'], ami: 'ami-00000000000000000' } };
    await expect(plan(memoryPorts(), missing)).rejects.toMatchObject({
      message: expect.stringContaining('there is no such image'),
    });
  });

  it('keeps results out of the prefixes that nodes and the control plane write', async () => {
    await expect(plan(memoryPorts(), { ...gpuJob, output: 's3://bucket/nodes/x' })).rejects.toMatchObject({
      message: expect.stringContaining('nodes/ is reserved'),
    });
  });

  it.each([
    ['s3://shared/team/', true],
    ['s3://bucket/results', true],
    ['s3://shared/', false],
    ['s3://shared/teams/', false],
    ['s3://bucket/elsewhere/', false],
  ])('knows before training whether nodes may write results to %s', async (output, isAllowed) => {
    const planned = plan(memoryPorts(), { ...gpuJob, output });
    if (isAllowed) await expect(planned).resolves.toEqual({ sessionId: 'run-1' });
    else
      await expect(planned).rejects.toMatchObject({ message: expect.stringContaining('s3://shared/team/ (resultPre') });
  });

  it('goes on when the same execution calls again, and refuses the name to another', async () => {
    const ports = memoryPorts();
    await plan(ports, gpuJob);
    await expect(plan(ports, gpuJob)).resolves.toEqual({ sessionId: 'run-1' });
    await expect(plan(ports, gpuJob, 'run-1', `${EXECUTION}-other`)).rejects.toMatchObject({
      name: 'InvalidJobSpec',
      message: expect.stringContaining('run-1 is the name of another session already'),
    });
    expect(ports.sessions.record('run-1').version).toBe(1);
  });

  it('inherits the checkpoints of the session that it resumes from, newest attempt first', async () => {
    const over = aSession({
      inheritedCandidates: ['AROANODE:i-0old'],
      attempts: [
        anAttempt({ nodes: [aNode({ instanceId: 'i-01', state: 'terminated' })] }),
        anAttempt({ number: 2, nodes: [aNode({ instanceId: 'i-02', final: aFinal({ outcome: 'stopped' }) })] }),
      ],
    });
    const ports = memoryPorts(over);
    await plan(ports, { ...gpuJob, resumeFrom: 'digits-1' });
    expect(ports.sessions.record('run-1').inheritedCandidates).toEqual([
      'AROANODE:i-02',
      'AROANODE:i-01',
      'AROANODE:i-0old',
    ]);
  });

  it('resumes from a session of which only a replacement that never trained is still shutting down', async () => {
    const over = aSession({
      attempts: [
        anAttempt({ nodes: [aNode({ instanceId: 'i-01', final: aFinal({ outcome: 'stopped' }) })] }),
        anAttempt({
          number: 2,
          nodes: [aNode({ instanceId: 'i-02', state: 'shutting-down' })],
          verdict: { error: 'ReplacementDropped', message: 'It is not needed.', at: minutesAgo(0) },
        }),
      ],
    });
    const ports = memoryPorts(over);
    await plan(ports, { ...gpuJob, resumeFrom: 'digits-1' });
    expect(ports.sessions.record('run-1').job.resumeFrom).toBe('digits-1');
  });

  it('does not resume from a session that still trains or saves', async () => {
    await expect(plan(memoryPorts(aSession()), { ...gpuJob, resumeFrom: 'digits-1' })).rejects.toMatchObject({
      message: expect.stringContaining('it is still training or saving on i-00000000000000001'),
    });
  });
});
