import { App } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { readContext, readStackName } from '../../lib/context';
import { createApp } from './support/synthesize';

const problemsOf = (context: Record<string, unknown>) => readContext(new App({ context }).node).problems;

const VPC = { vpcId: 'vpc-0123456789abcdef0' };
const SUBNETS = { subnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'] };

it.each<[string, Record<string, unknown>]>([
  ['alertEmail', { alertEmail: 'nobody' }],
  ['vpcId', { vpcId: 'my-vpc', ...SUBNETS }],
  ['subnetIds', VPC],
  ['subnetIds.1', { ...VPC, subnetIds: ['subnet-0123456789abcdef0', 'second'] }],
  ['vpcId', SUBNETS],
  ['availabilityZones', { ...VPC, ...SUBNETS, availabilityZones: ['eu-west-1a', 'eu-west-1a'] }],
  ['availabilityZones', { ...VPC, ...SUBNETS, availabilityZones: ['eu-west-1a'] }],
  ['assignPublicIp', { ...VPC, ...SUBNETS, assignPublicIp: 'perhaps' }],
  ['zones', { zones: 4 }],
  ['zones', { ...VPC, ...SUBNETS, zones: 2 }],
  ['dataBuckets.0', { dataBuckets: ['Not A Bucket'] }],
  ['imageRepositories.0', { imageRepositories: ['team/train'] }],
  ['resultPrefixes.0', { resultPrefixes: ['s3://bucket/*'] }],
  ['tagDefaults.Cost Center', { tagDefaults: { 'Cost Center': 'ml' } }],
  ['tagDefaults.CreatedBy', { tagDefaults: { CreatedBy: 'me' } }],
  ['tagDefaults', { tagDefaults: 'Team=nlp' }],
  ['tagDefaults', { tagDefaults: Object.fromEntries(['A', 'B', 'C', 'D', 'E', 'F'].map((key) => [key, ''])) }],
  ['parameterPrefix', { parameterPrefix: 'runctl' }],
  ['zombieMinAgeMinutes', { zombieMinAgeMinutes: 1 }],
  ['reapDryRun', { reapDryRun: 'perhaps' }],
  ['checkpointDaysAfterSuccess', { checkpointDaysAfterSuccess: 6 }],
  ['checkpointDaysResumable', { checkpointDaysResumable: 'for ever' }],
  ['tracing', { tracing: 'maybe' }],
  ['slackWebhookParameter', { slackWebhookParameter: 'slack' }],
  ['slackWebhookParameter', { slackWebhookParameter: '/runctl/slack' }],
  ['slackWebhookParameter', { slackWebhookParameter: '/ml/slack', parameterPrefix: '/ml/' }],
  ['notifyResumed', { notifyResumed: 'perhaps' }],
  ['dashboard', { dashboard: 'perhaps' }],
])('names %s when it is wrong', (key, context) => {
  expect(problemsOf(context)).toContainEqual(expect.stringContaining(`Context ${key}:`));
});

it('accepts what the command line can say: lists with commas, objects as JSON', () => {
  const { problems, props } = readContext(
    new App({
      context: {
        dataBuckets: 'datasets,s3://shared/images/',
        resultPrefixes: 's3://results/runctl',
        tagDefaults: '{"Team":"nlp"}',
        ...VPC,
        subnetIds: 'subnet-0123456789abcdef0',
        assignPublicIp: 'true',
      },
    }).node,
  );
  expect(problems).toEqual([]);
  expect(props).toMatchObject({
    dataBuckets: [
      { bucket: 'datasets', prefix: '' },
      { bucket: 'shared', prefix: 'images/' },
    ],
    resultPrefixes: [{ bucket: 'results', prefix: 'runctl/' }],
    defaultTags: { Team: 'nlp' },
    network: { subnetIds: ['subnet-0123456789abcdef0'], assignPublicIp: true },
  });
});

it('takes a webhook’s parameter that nodes may not read', () => {
  const context = { slackWebhookParameter: '/runctl/slack', parameterPrefix: '/ml/' };
  expect(readContext(new App({ context }).node)).toMatchObject({ problems: [], props: context });
});

it('takes blank values for values that are not set', () => {
  expect(problemsOf({ alertEmail: '', vpcId: '', subnetIds: '', zones: '', parameterPrefix: '' })).toEqual([]);
});

it('stops synth with the key in the message', () => {
  const annotations = Annotations.fromStack(createApp({ zones: 'many' }).stack);
  annotations.hasError('/Runctl', Match.stringLikeRegexp('Context zones'));
});

it('names the stack as the context says, and names the key when CloudFormation would refuse it', () => {
  const nameIn = (context: Record<string, unknown>) => readStackName(new App({ context }).node);
  expect(nameIn({})).toBe('Runctl');
  expect(nameIn({ stackName: 'Runctl-nlp' })).toBe('Runctl-nlp');
  for (const stackName of ['my stack', '1st', 7]) expect(() => nameIn({ stackName })).toThrow('Context stackName');
});
