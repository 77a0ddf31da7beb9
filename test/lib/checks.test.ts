/** The checks that synth itself makes: that they run, and that they would find something. */

import { readFileSync } from 'node:fs';
import { CfnResource } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { generatedFiles } from '../../scripts/generate-schema';
import { createApp } from './support/synthesize';

// Each synth checks the whole template twice: seconds, and more on a busy machine.
jest.setTimeout(180_000);

// synth prints what it finds.
beforeEach(() => {
  jest.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterEach(() => {
  jest.restoreAllMocks();
});

it('finds nothing against AWS Solutions’ rules or CloudFormation’s own, with the defaults and with every setting', () => {
  expect(() => createApp().app.synth()).not.toThrow();
  const everything = createApp({
    alertEmail: 'ana@example.com',
    slackWebhookParameter: '/alerts/slack',
    notifyResumed: true,
    dashboard: true,
    vpcId: 'vpc-0123456789abcdef0',
    subnetIds: ['subnet-0123456789abcdef0'],
    assignPublicIp: false,
    dataBuckets: ['datasets', 'shared/images/'],
    resultPrefixes: ['results/runctl/'],
    imageRepositories: ['123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/train'],
    tagDefaults: { Team: 'nlp' },
    parameterPrefix: '/ml/',
    tracing: true,
  });
  expect(() => everything.app.synth()).not.toThrow();
});

it('refuses what breaks a rule of AWS Solutions', () => {
  const { app, stack } = createApp();
  new Bucket(stack, 'Careless');
  expect(() => app.synth()).toThrow(/AwsSolutions-S10/);
});

it('refuses a wildcard in a policy that nobody has given a reason for', () => {
  const { app, stack } = createApp();
  stack.controlPlane.nodes.role.attachInlinePolicy(
    new Policy(stack, 'Careless', {
      statements: [new PolicyStatement({ actions: ['s3:DeleteObject'], resources: ['*'] })],
    }),
  );
  expect(() => app.synth()).toThrow(/AwsSolutions-IAM5\[Resource::\*\]/);
});

it('refuses what CloudFormation would refuse', () => {
  const { app, stack } = createApp();
  new CfnResource(stack, 'Careless', { type: 'AWS::SQS::Queue', properties: { VisibilityTimeouts: 30 } });
  expect(() => app.synth()).toThrow(/VisibilityTimeouts/);
});

it('finds the job schema and its reference as core/job/job-spec.ts says it (npm run generate:schema)', () => {
  for (const [path, text] of generatedFiles()) expect(readFileSync(path, 'utf8')).toBe(text);
});
