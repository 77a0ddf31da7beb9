/** A session that lives through the end of a month, while SNS is away for a part of it. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { DynamoCostLedger } from '../../aws/dynamo-cost-ledger';
import type { LedgerEntry } from '../../core/costs/ledger';
import type { Receipt } from '../../core/costs/receipt';
import { reportKey } from '../../core/s3-layout';
import { HOUR_MS, ms } from '../../core/time';
import { ScaledClock } from '../../local/clock';
import type { AuthorizationRequest } from '../../local/gateway/authorize';
import { AwsError } from '../../local/service';
import { World } from './support/world';

const SPEED = 30;
const MIDNIGHT = Date.parse('2026-12-01T00:00:00Z');
const RESOURCES = { instanceTypes: ['m6i.large'], volumeGiB: 30, market: 'spot' as const };

let world: World;
let isSnsAway = false;
let refused = 0;
beforeAll(async () => {
  const clock = new ScaledClock(SPEED, MIDNIGHT - 0.2 * HOUR_MS);
  world = await World.start({ speed: SPEED, cloud: { clock, onCall } });
});
afterAll(() => world?.close());

function onCall({ serviceId, operation }: AuthorizationRequest): void {
  if (!isSnsAway || serviceId !== 'sns' || operation !== 'Publish') return;
  refused += 1;
  throw new AwsError('InternalError', 'SNS is away', { statusCode: 500 });
}

const config = () => {
  const { endpoint, region } = world.cloud;
  return { endpoint, region, credentials: { accessKeyId: 'story', secretAccessKey: 'story' } };
};

async function entriesOf(sessionId: string): Promise<LedgerEntry[]> {
  const { tableName } = world.cloud;
  const ledger = new DynamoCostLedger(DynamoDBDocumentClient.from(new DynamoDBClient(config())), tableName);
  const entries: LedgerEntry[] = [];
  for (const month of ['2026-11', '2026-12']) {
    for await (const entry of ledger.ofMonth(month)) if (entry.sessionId === sessionId) entries.push(entry);
  }
  return entries;
}

async function report(): Promise<void> {
  const [, report] = [...world.cloud.stack.resources].find(([id]) => id.includes('ReportCostsFunction')) ?? [];
  await new LambdaClient(config()).send(new InvokeCommand({ FunctionName: report?.ref, Payload: '{}' }));
}

const told = (kind: string, text: string) =>
  world.cloud
    .notifications()
    .filter(({ attributes, message }) => attributes['kind']?.StringValue === kind && message.includes(text));

it('is in the ledger of both months, each with its own part, and told at the month’s end as running', async () => {
  world.cloud.ec2.setSpotPrice('m6i.large', 0.6);
  const job = { resources: RESOURCES, limits: { maxUsd: 100 } };
  const sessionId = await world.submit('--steps 1000000 --step-seconds 0.05 --save-every 50', job);
  await world.trainingAt(sessionId, 1);
  await world.until('December has its entry', async () =>
    (await entriesOf(sessionId)).some(({ month, usd }) => month === '2026-12' && usd > 0),
  );
  await report();
  expect(await world.text(reportKey('2026-12-01'))).toContain('Training costs, November 2026');
  expect(told('report', '1 session going on')).toHaveLength(1);

  isSnsAway = true;
  await world.stop(sessionId);
  await world.until('the end could not be told', async () => refused >= 3);
  isSnsAway = false;
  await world.end(sessionId);
  await world.until('the end is told', async () => told('session-finished', sessionId).length > 0);
  await world.until('its costs are settled', async () => (await world.session(sessionId))?.costsSettledAt ?? undefined);
  expect(told('session-finished', sessionId)).toHaveLength(1);

  const receipt = await world.json<Receipt>(`sessions/${sessionId}/receipt.json`);
  const [november, december] = await entriesOf(sessionId);
  expect([november?.month, december?.month]).toEqual(['2026-11', '2026-12']);
  expect((november?.usd ?? 0) + (december?.usd ?? 0)).toBeCloseTo(receipt?.total.usd ?? 0, 5);
  // By hand: $0.60 an hour for the instance, $0.08 × 30 GiB / 720 h for its disk, $0.005 for its address.
  const [node] = receipt?.attempts[0]?.nodes ?? [];
  const usdPerHour = 0.6 + (0.08 * 30) / 720 + 0.005;
  const partUsd = (fromMs: number, toMs: number) => ((toMs - fromMs) / HOUR_MS) * usdPerHour;
  const besides = (receipt?.total.lines.storage ?? 0) + (receipt?.total.lines.controlPlane ?? 0);
  const ofNovember = partUsd(ms(node?.launchedAt ?? ''), MIDNIGHT);
  const ofDecember = partUsd(MIDNIGHT, ms(node?.endedAt ?? ''));
  expect(ofNovember + ofDecember + besides).toBeCloseTo(receipt?.total.usd ?? 0, 2);
  expect(Math.abs((november?.usd ?? 0) - ofNovember)).toBeLessThan(0.005 + besides);
  expect(Math.abs((december?.usd ?? 0) - ofDecember)).toBeLessThan(0.005 + besides);
  expect(Object.keys(december?.usdByDay ?? {})).toEqual(['2026-12-01']);
});
