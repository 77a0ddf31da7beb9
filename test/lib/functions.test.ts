import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { ENV_SPECS, type FunctionName, readEnv } from '../../core/env';
import { PROJECT_ROOT } from '../../lib/project-root';
import { TIMINGS } from '../../lib/schedules';
import { text } from './support/policies';
import { resourcesOf, synthesize } from './support/synthesize';

/** Of every function, besides its own. */
const COMMON = ['NODE_OPTIONS', 'POWERTOOLS_SERVICE_NAME'];

interface FunctionProperties {
  Environment: { Variables: Record<string, unknown> };
  Timeout: number;
}

let template: Template;
let functions: Map<string, FunctionProperties>;
beforeAll(() => {
  template = synthesize({ tagDefaults: { Team: 'nlp' }, slackWebhookParameter: '/alerts/slack' });
  functions = new Map(
    Object.values(resourcesOf(template))
      .filter(({ Type: type }) => type === 'AWS::Lambda::Function')
      .map(({ Properties: properties }) => {
        const each = properties as unknown as FunctionProperties;
        return [String(each.Environment.Variables['POWERTOOLS_SERVICE_NAME']), each];
      }),
  );
});

const NAMES = Object.keys(ENV_SPECS) as FunctionName[];

it('are the functions that core/env.ts knows, each with a handler', () => {
  expect([...functions.keys()].sort()).toEqual([...NAMES].sort());
  for (const name of NAMES) expect(existsSync(join(PROJECT_ROOT, 'lambdas', name, 'handler.ts'))).toBe(true);
});

it.each(NAMES)('%s gets the environment that it reads, and nothing else', (name) => {
  const variables = functions.get(name)?.Environment.Variables ?? {};
  const source = Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, text(value)]));
  expect(() => readEnv(ENV_SPECS[name], source)).not.toThrow();
  expect(Object.keys(variables).sort()).toEqual([...Object.keys(ENV_SPECS[name]), ...COMMON].sort());
});

it('run on a pinned runtime on arm64, with no reserved concurrency, each with a role and a log group of its own', () => {
  template.allResourcesProperties('AWS::Lambda::Function', {
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    Handler: 'index.handler',
    ReservedConcurrentExecutions: Match.absent(),
  });
  const properties = Object.values(template.findResources('AWS::Lambda::Function')).map((each) => each['Properties']);
  for (const pick of [
    (each: Record<string, unknown>) => each['Role'],
    (each: Record<string, unknown>) => each['LoggingConfig'],
  ]) {
    expect(new Set(properties.map((each) => JSON.stringify(pick(each)))).size).toBe(NAMES.length);
  }
});

it('give up before the state machine gives up on them', () => {
  const machine = Object.values(resourcesOf(template)).find(
    ({ Type: type }) => type === 'AWS::StepFunctions::StateMachine',
  );
  const { States: states } = JSON.parse(String(machine?.Properties['DefinitionString'])) as {
    States: Record<string, { TimeoutSeconds?: number; Arguments?: { FunctionName?: string } }>;
  };
  const timeouts = Object.values(states).flatMap(({ TimeoutSeconds: seconds, Arguments: given }) => {
    const [, pascal] = /^\$\{(\w+)Function\}$/.exec(given?.FunctionName ?? '') ?? [];
    if (pascal === undefined) return [];
    const name = pascal.replace(/(?!^)([A-Z])/g, '-$1').toLowerCase();
    return [{ name, task: seconds ?? 0, own: functions.get(name)?.Timeout ?? Number.POSITIVE_INFINITY }];
  });
  expect(timeouts).toHaveLength(6);
  expect(timeouts.filter(({ task, own }) => own >= task)).toEqual([]);
});

it('fill every placeholder of the state machine', () => {
  const machines = Object.values(template.findResources('AWS::StepFunctions::StateMachine'));
  const { DefinitionString: definition, DefinitionSubstitutions: substitutions } = machines[0]?.['Properties'] ?? {};
  const placeholders = [...new Set(String(definition).match(/\$\{\w+\}/g))].map((each) => each.slice(2, -1));
  expect(Object.keys(substitutions).sort()).toEqual(placeholders.sort());
});

it('log the state machine’s errors without what jobs carry in them', () => {
  template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
    StateMachineType: 'STANDARD',
    LoggingConfiguration: { Level: 'ERROR', IncludeExecutionData: false },
  });
});

it('are called for every event that matters, and lose none silently', () => {
  const rules = Object.values(template.findResources('AWS::Events::Rule')).map(({ Properties: each }) => each);
  const patterns = rules.flatMap(({ EventPattern: pattern }) => (pattern === undefined ? [] : [pattern]));
  expect(patterns.flatMap((pattern) => pattern['detail-type']).sort()).toEqual([
    'EC2 Command Invocation Status-change Notification',
    'EC2 Instance Rebalance Recommendation',
    'EC2 Instance State-change Notification',
    'EC2 Spot Instance Interruption Warning',
    'Object Created',
    'Step Functions Execution Status Change',
    'Stop Requested',
  ]);
  for (const { Targets: targets } of rules) {
    expect(targets).toEqual([expect.objectContaining({ DeadLetterConfig: expect.anything() })]);
  }
  template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(1 minute)' });
  // Those that the clock calls, handle-event and notify-slack.
  template.resourceCountIs('AWS::Lambda::EventInvokeConfig', 2 + Object.keys(TIMINGS).length);
  template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(10 minutes)' });
});

it('are woken by final objects only, not by every checkpoint', () => {
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: {
      source: ['aws.s3'],
      detail: {
        object: { key: [{ prefix: 'final/' }] },
        bucket: { name: [Match.objectLike({ Ref: Match.anyValue() })] },
      },
    },
  });
});

it('reap as the context says', () => {
  const reaping = (given: Template) =>
    given.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({
          ZOMBIE_MIN_AGE_MINUTES: '60',
          REAP_DRY_RUN: 'true',
          CHECKPOINT_DAYS_AFTER_SUCCESS: '30',
          CHECKPOINT_DAYS_RESUMABLE: '180',
        }),
      },
    });
  reaping(
    synthesize({
      zombieMinAgeMinutes: '60',
      reapDryRun: 'true',
      checkpointDaysAfterSuccess: 30,
      checkpointDaysResumable: 180,
    }),
  );
  expect(() => reaping(template)).toThrow();
});
