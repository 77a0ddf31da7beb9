/** Who is told what: the topic, its subscriptions, the alarms, the dashboard. */
import { App, Stack } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { ENV_SPECS } from '../../core/env';
import { METRIC, METRICS_NAMESPACE } from '../../core/metrics';
import { TrainingControlPlane } from '../../lib';
import { TIMINGS } from '../../lib/schedules';
import { statementsOf } from './support/policies';
import { resourcesOf, synthesize } from './support/synthesize';

const ALL = { alertEmail: 'ana@example.com', slackWebhookParameter: '/alerts/slack' };

let template: Template;
let everybody: Template;
beforeAll(() => {
  template = synthesize();
  everybody = synthesize(ALL);
});

const propertiesOf = (of: Template, type: string) =>
  Object.values(resourcesOf(of))
    .filter(({ Type }) => Type === type)
    .map(({ Properties }) => Properties);

describe('the topic', () => {
  it('takes alarms of CloudWatch of this account only, and nothing over plain HTTP', () => {
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          }),
        ]),
      },
    });
  });

  it('has no key that alarms could not use', () => {
    template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.absent() });
  });

  it('tells nobody without a setting', () => {
    template.resourceCountIs('AWS::SNS::Subscription', 0);
    expect(
      statementsOf(template)
        .flatMap(({ role }) => role)
        .filter((role) => /Slack/.test(role)),
    ).toEqual([]);
  });

  const LOUD = { kind: [{ exists: false }, { 'anything-but': ['session-resumed'] }] };

  it('tells by mail and in Slack of everything but sessions that went on by themselves', () => {
    const subscriptions = propertiesOf(everybody, 'AWS::SNS::Subscription');
    expect(subscriptions).toHaveLength(2);
    expect(subscriptions).toContainEqual(
      expect.objectContaining({ Protocol: 'email', Endpoint: 'ana@example.com', FilterPolicy: LOUD }),
    );
    expect(subscriptions).toContainEqual(expect.objectContaining({ Protocol: 'lambda', FilterPolicy: LOUD }));
  });

  it('tells of these, too, when that is wanted', () => {
    for (const each of propertiesOf(synthesize({ ...ALL, notifyResumed: 'true' }), 'AWS::SNS::Subscription')) {
      expect(each).not.toHaveProperty('FilterPolicy');
    }
  });
});

describe('notify-slack', () => {
  it('may read the one parameter, and nothing else', () => {
    const own = statementsOf(everybody).filter(({ role }) => /NotifySlack/.test(role));
    expect(own.flatMap(({ actions }) => actions).sort()).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'sqs:SendMessage',
      'ssm:GetParameter',
    ]);
    expect(own.find(({ actions }) => actions.includes('ssm:GetParameter'))?.resources).toEqual([
      'arn:<AWS.Partition>:ssm:<AWS.Region>:<AWS.AccountId>:parameter/alerts/slack',
    ]);
  });

  it('is called again twice, then what it could not bring goes into the queue', () => {
    everybody.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ SLACK_WEBHOOK_PARAMETER: '/alerts/slack' }) },
      DeadLetterConfig: { TargetArn: Match.anyValue() },
    });
  });

  it('is refused a parameter that nodes may read, also outside the context', () => {
    const build = () =>
      new TrainingControlPlane(new Stack(new App()), 'Training', { slackWebhookParameter: '/runctl/s' });
    expect(build).toThrow('nodes may read everything below /runctl/');
  });
});

describe('the alarms', () => {
  const alarms = () => propertiesOf(template, 'AWS::CloudWatch::Alarm');
  const named = (name: string) => {
    const found = alarms().find(({ AlarmName }) => AlarmName === `Runctl-${name}`);
    if (found === undefined) throw new Error(`There is no alarm ${name}`);
    return found;
  };

  it('all go to the topic and say in words what is wrong and what to do', () => {
    const [topic] = Object.entries(resourcesOf(template)).find(([, { Type }]) => Type === 'AWS::SNS::Topic') ?? [];
    for (const { AlarmActions, AlarmDescription } of alarms()) {
      expect(AlarmActions).toEqual([{ Ref: topic }]);
      expect(AlarmDescription).toMatch(/^runctl: .{60,}/);
    }
  });

  it('watch the dead-letter queue, failures of all functions together, and what the reaper found', () => {
    expect(named('DeadLetters')).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Threshold: 1,
      TreatMissingData: 'notBreaching',
    });
    const own = { Namespace: METRICS_NAMESPACE, Statistic: 'Sum', TreatMissingData: 'notBreaching' };
    expect(named('InvocationFailures')).toMatchObject({ ...own, MetricName: METRIC.invocationFailures, Threshold: 3 });
    expect(named('InvocationFailures')).not.toHaveProperty('Dimensions');
    expect(named('ZombiesFound')).toMatchObject({
      ...own,
      MetricName: METRIC.zombiesFound,
      Dimensions: [{ Name: 'service', Value: 'reap-zombies' }],
    });
  });

  it.each(Object.entries(TIMINGS))('watch that %s runs', (name, { missed }) => {
    const alarm = named(`${name}-missed`);
    expect(alarm).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'Invocations',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      Period: missed.period.toSeconds(),
      EvaluationPeriods: missed.periods,
      TreatMissingData: 'breaching',
    });
    const [dimension] = alarm['Dimensions'] as { Name: string; Value: { Ref: string } }[];
    const watched = resourcesOf(template)[dimension?.Value.Ref ?? '']?.Properties['Environment'];
    expect(watched).toMatchObject({ Variables: { POWERTOOLS_SERVICE_NAME: name } });
    expect(ENV_SPECS).toHaveProperty([name]);
  });

  it('look back no longer than CloudWatch lets them: a day, or seven with periods of an hour and more', () => {
    for (const { Period, EvaluationPeriods } of alarms()) {
      const seconds = Number(Period);
      expect(seconds * Number(EvaluationPeriods)).toBeLessThanOrEqual((seconds >= 3600 ? 7 : 1) * 86_400);
    }
  });
});

describe('the dashboard', () => {
  const bodyOf = (of: Template) => {
    const [dashboard] = propertiesOf(of, 'AWS::CloudWatch::Dashboard');
    const body = dashboard?.['DashboardBody'] as { 'Fn::Join': [string, unknown[]] } | undefined;
    const [, parts] = body?.['Fn::Join'] ?? ['', []];
    const text = parts.map((part) => (typeof part === 'string' ? part : 'x')).join('');
    return JSON.parse(text) as { widgets: { properties: { metrics?: unknown[]; alarms?: unknown[] } }[] };
  };

  it('has every metric of the control plane that is no alarm of its own, and all alarms', () => {
    const text = JSON.stringify(bodyOf(template));
    const { zombiesFound: _alarmOnly, ...shown } = METRIC;
    for (const metric of Object.values(shown)) expect(text).toContain(metric);
    const { widgets } = bodyOf(template);
    expect(widgets.flatMap(({ properties }) => properties.alarms ?? [])).toHaveLength(
      propertiesOf(template, 'AWS::CloudWatch::Alarm').length,
    );
  });

  it('asks for the names of alarms alone, which an emulator without alarms can give', () => {
    const [dashboard] = propertiesOf(template, 'AWS::CloudWatch::Dashboard');
    const text = JSON.stringify(dashboard);
    for (const id of Object.keys(template.findResources('AWS::CloudWatch::Alarm'))) {
      expect(text).toContain(`{"Ref":"${id}"}`);
      expect(text).not.toContain(`{"Fn::GetAtt":["${id}"`);
    }
  });

  it('is left out when that is wanted', () => {
    synthesize({ dashboard: 'false' }).resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  });
});
