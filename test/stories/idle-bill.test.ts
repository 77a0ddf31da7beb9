/**
 * An idle stack costs less than a dollar a month: its template priced resource by resource, and what each scheduled
 * function does when there is nothing to do, counted call by call on the local cloud.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PROJECT_ROOT } from '../../lib/project-root';
import type { AuthorizationRequest } from '../../local/gateway/authorize';
import { type CfnResourceJson, synthesize } from '../lib/support/synthesize';
import { type IdlePass, passLines, resourceLines, storageLine, tableOf, timesPerMonth } from '../support/idle-prices';
import { World } from './support/world';

const MOST_USD = 1;
const ASSEMBLY = join(PROJECT_ROOT, 'cdk.out');

const calls: AuthorizationRequest[] = [];
let world: World;
let resources: Record<string, CfnResourceJson>;
beforeAll(async () => {
  world = await World.start({ speed: 1, cloud: { onCall: (call) => void calls.push(call) } });
  resources = JSON.parse(readFileSync(join(ASSEMBLY, 'Runctl.template.json'), 'utf8')).Resources;
});
afterAll(() => world?.close());

interface Target {
  Arn: { 'Fn::GetAtt': [string, string] };
}

/** Invokes every function that the clock calls, and counts the calls that it makes and the bytes that it logs. */
async function idlePasses(): Promise<IdlePass[]> {
  const { endpoint, region } = world.cloud;
  const lambda = new LambdaClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'story', secretAccessKey: 'story' },
  });
  const rules = Object.values(resources).filter(
    ({ Type, Properties }) => Type === 'AWS::Events::Rule' && 'ScheduleExpression' in Properties,
  );
  const passes: IdlePass[] = [];
  for (const { Properties } of rules) {
    for (const { Arn } of Properties['Targets'] as Target[]) {
      const [logicalId] = Arn['Fn::GetAtt'];
      passes.push(await idlePass(lambda, logicalId, String(Properties['ScheduleExpression'])));
    }
  }
  return passes;
}

async function idlePass(lambda: LambdaClient, logicalId: string, schedule: string): Promise<IdlePass> {
  const { MemorySize, Environment } = resources[logicalId]?.Properties ?? {};
  const { Variables } = Environment as { Variables: Record<string, string> };
  const FunctionName = world.cloud.stack.resources.get(logicalId)?.ref;
  const from = calls.length;
  const { FunctionError, LogResult = '' } = await lambda.send(
    new InvokeCommand({ FunctionName, LogType: 'Tail', Payload: '{}' }),
  );
  expect([logicalId, FunctionError]).toEqual([logicalId, undefined]);
  const own = calls.slice(from).filter(({ caller }) => caller.arn.endsWith(`/${FunctionName}`));
  const counts = new Map<string, number>();
  for (const { serviceId, operation } of own) {
    const call = `${serviceId}:${operation}`;
    counts.set(call, (counts.get(call) ?? 0) + 1);
  }
  return {
    name: Variables['POWERTOOLS_SERVICE_NAME'] ?? logicalId,
    timesPerMonth: timesPerMonth(schedule),
    memoryMiB: Number(MemorySize),
    calls: counts,
    logBytes: Buffer.from(LogResult, 'base64').length,
  };
}

function assetBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && join(entry.parentPath, entry.name).includes('asset.'))
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

it('is less than a dollar a month, all in all', async () => {
  const passes = await idlePasses();
  const lines = [
    ...resourceLines(Object.values(resources)),
    ...passes.flatMap(passLines),
    storageLine(assetBytes(ASSEMBLY)),
  ];
  process.stdout.write(`An idle month, at list prices:\n${tableOf(lines)}\n`);
  // Were no call seen, nothing would be counted.
  expect(passes.find(({ name }) => name === 'reconcile')?.calls.get('dynamodb:PutItem')).toBe(1);
  expect(lines.reduce((sum, { usd }) => sum + usd, 0)).toBeLessThan(MOST_USD);
});

it('has one dashboard, of no more metrics than a free one may have', () => {
  const dashboards = Object.values(resources).filter(({ Type }) => Type === 'AWS::CloudWatch::Dashboard');
  expect(dashboards).toHaveLength(1);
  // Each metric of a widget, and as many projects as have one (lambdas/track-costs/measure-spend.ts).
  const widgets = JSON.stringify(dashboards).match(/\\"metrics\\":\[(.*?)\]\]/g) ?? [];
  const metrics = widgets.join('').match(/\[\\"|\[\{/g) ?? [];
  expect(metrics.length).toBeGreaterThan(5);
  expect(metrics.length + 20).toBeLessThanOrEqual(50);
});

it('grows by nothing through settings, and by $0 where the dashboard is left out', () => {
  const usdOf = (context: Record<string, unknown>) =>
    resourceLines(Object.values(synthesize(context).toJSON()['Resources'] as Record<string, CfnResourceJson>)).reduce(
      (sum, { usd }) => sum + usd,
      0,
    );
  const plain = usdOf({});
  expect(usdOf({ alertEmail: 'ana@example.com', slackWebhookParameter: '/alerts/slack' })).toBe(plain);
  expect(usdOf({ dashboard: 'false' })).toBe(plain);
});

it.each([
  ['AWS::EC2::NatGateway', {}],
  ['AWS::KMS::Key', {}],
  ['AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Interface' }],
  ['AWS::DynamoDB::Table', { BillingMode: 'PROVISIONED' }],
])('fails for what nobody has priced: %s %j', (Type, Properties) => {
  expect(() => resourceLines([{ Type, Properties }])).toThrow();
});
