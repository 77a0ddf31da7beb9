/** What functions and nodes really send, held against the service models of AWS's own Python SDK. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { World } from '../stories/support/world';

const PYTHON = '/usr/bin/python3';
const VALIDATOR = join(__dirname, 'validate_requests.py');
/** Of S3 and DynamoDB the local cloud sees no decoded input: they validate for themselves. */
const NOT_DECODED = ['s3', 'dynamodb'];

interface Call {
  service: string;
  operation: string;
  input: object;
}

function validate(calls: readonly Call[]): string[] {
  const input = calls.map((call) => `${JSON.stringify(call)}\n`).join('');
  const { status, stdout, stderr } = spawnSync(PYTHON, [VALIDATOR], { input, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`The validator did not run: ${stderr}`);
  return stdout.split('\n').filter((line) => line !== '');
}

const hasBotocore = spawnSync(PYTHON, ['-c', 'import botocore']).status === 0;
if (!hasBotocore && process.env['RUNCTL_REQUIRE_TOOLS'] === undefined) {
  console.log('skipped: no botocore in /usr/bin/python3 (apt-get install python3-botocore)');
}
const describeWithBotocore =
  hasBotocore || process.env['RUNCTL_REQUIRE_TOOLS'] !== undefined ? describe : describe.skip;

describeWithBotocore('requests', () => {
  it('of a job that is interrupted, resumed and finished are as AWS models them', async () => {
    const calls: Call[] = [];
    const world = await World.start({
      cloud: {
        onCall: ({ caller, serviceId, operation, input }) => {
          const isOurs = caller.roleName !== undefined && !NOT_DECODED.includes(serviceId);
          if (isOurs) calls.push({ service: serviceId, operation, input });
        },
      },
    });
    try {
      const sessionId = await world.submit('--steps 30 --hold-at 13', { limits: { maxUsd: 5 } });
      const node = await world.trainingAt(sessionId, 13);
      await world.cloud.ec2.interrupt(node.instanceId);
      await world.success(sessionId);
    } finally {
      await world.close();
    }
    const seen = new Set(calls.map(({ service, operation }) => `${service}:${operation}`));
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'ec2:CreateFleet',
        'ec2:DescribeInstances',
        'ec2:TerminateInstances',
        'ssm:SendCommand',
        'states:SendTaskFailure',
        'states:SendTaskSuccess',
        'sns:Publish',
      ]),
    );
    expect(validate(calls)).toEqual([]);
  });

  it('that AWS would refuse are found', () => {
    const problems = validate([
      { service: 'ec2', operation: 'CreateFleet', input: { Type: 'at-once', LaunchTemplateConfigs: [] } },
      { service: 'states', operation: 'SendTaskSuccess', input: { taskToken: 'x', result: '{}' } },
    ]);
    expect(problems.join('\n')).toMatch(/TargetCapacitySpecification/);
    expect(problems.join('\n')).toMatch(/'at-once' is none of/);
    expect(problems.join('\n')).toMatch(/Unknown parameter in input: "result"/);
  });
});
