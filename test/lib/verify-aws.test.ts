import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { parseJobSpec } from '../../core/job/job-spec-problems';
import { PROJECT_ROOT } from '../../lib/project-root';
import { createFaultApp } from '../../scripts/verify-aws/fault-app';
import { verificationJob } from '../../scripts/verify-aws/job';
import type { Tools } from '../../scripts/verify-aws/tools';
import { CHECKS, plan, verify } from '../../scripts/verify-aws/verification';

/** An account in which every call answers as `answers` says, by its first two words; time passes by waiting only. */
function account(answers: Record<string, unknown>) {
  const calls: string[] = [];
  const printed: string[] = [];
  let nowMs = 0;
  const tools: Tools = {
    async aws(...args) {
      calls.push(args.slice(0, 2).join(' '));
      const answer = answers[args.slice(0, 2).join(' ')];
      if (answer === undefined) throw new Error(`${args.slice(0, 2).join(' ')} is refused`);
      return answer;
    },
    async run(program, ...args) {
      calls.push([program, ...args].join(' '));
      const outputs = args[args.indexOf('--outputs-file') + 1];
      if (!args.includes('deploy') || outputs === undefined) return;
      writeFileSync(outputs, JSON.stringify(outputs.endsWith('own.json') ? OWN_OUTPUTS : FAULT_OUTPUTS));
    },
    async pause(delayMs) {
      nowMs += delayMs;
    },
    now: () => nowMs,
    print: (line) => printed.push(line),
  };
  return { tools, calls, printed };
}

const OWN_OUTPUTS = { RunctlVerify: { StateMachineArn: 'arn:machine', BucketName: 'bucket', TableName: 'table' } };
const FAULT_OUTPUTS = { RunctlVerifyFault: { ExperimentTemplateId: 'EXT1' } };
const IDENTITY = { 'sts get-caller-identity': { Account: '000000000000', Arn: 'arn:user' } };

it('says what it would do and what it costs, and does nothing without consent', () => {
  const script = join(PROJECT_ROOT, 'scripts', 'verify-aws', 'index.ts');
  // No program can be found: any call would fail.
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', script], {
    cwd: PROJECT_ROOT,
    encoding: 'utf8',
    env: { ...process.env, PATH: '' },
  });
  expect(status).toBe(0);
  for (const line of plan()) expect(stdout).toContain(line);
  expect(stdout).toContain('Nothing was done');
});

it('stays under a dollar', () => {
  expect(CHECKS.reduce((sum, { estimatedUsd }) => sum + estimatedUsd, 0)).toBeLessThan(1);
});

it('takes everything away again when a check fails', async () => {
  const { tools, calls, printed } = account({
    ...IDENTITY,
    'stepfunctions list-executions': { executions: [{ executionArn: 'arn:left' }] },
    'stepfunctions stop-execution': {},
    'ec2 describe-instances': { Reservations: [] },
    'ec2 describe-volumes': { Volumes: [] },
  });
  await expect(verify(tools, 'verify-1')).resolves.toBe(false);
  expect(printed.filter((line) => line.startsWith('✘'))).toHaveLength(3);
  expect(calls).toContain('stepfunctions stop-execution');
  expect(calls.filter((call) => call.includes('cdk destroy'))).toHaveLength(2);
  expect(calls).toContain('aws s3 rb --force s3://bucket');
  expect(calls).toContain('aws dynamodb delete-table --table-name table');
});

it('starts no job when the stack does not deploy', async () => {
  const { tools, calls } = account({});
  await expect(verify(tools, 'verify-1')).resolves.toBe(false);
  expect(calls).toEqual(['sts get-caller-identity']);
});

it('submits jobs that the job spec accepts', () => {
  expect(parseJobSpec(verificationJob('bucket', 1))).toHaveProperty('job');
});

it('interrupts nothing but its own jobs’ instances', () => {
  const app = new App({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
  const template = Template.fromStack(createFaultApp(app));
  template.hasResourceProperties('AWS::FIS::ExperimentTemplate', {
    Targets: { node: { ResourceTags: { CreatedBy: 'runctl', Job: 'runctl-verify' }, SelectionMode: 'COUNT(1)' } },
  });
});
