import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { DynamoCostLedger } from '../../aws/dynamo-cost-ledger';
import { dayOf, monthOf } from '../../core/costs/ledger';
import { reportCsvKey, reportKey } from '../../core/s3-layout';
import { HOUR_MS, iso } from '../../core/time';
import { anEntry } from '../support/ledger';
import { World } from './support/world';

let world: World;
beforeAll(async () => {
  world = await World.start({ speed: 1 });
});
afterAll(() => world?.close());

it('what the ledger has is in the bucket as a page and a table, and is told once a day', async () => {
  const { endpoint, region, clock, tableName, stack } = world.cloud;
  const config = { endpoint, region, credentials: { accessKeyId: 'story', secretAccessKey: 'story' } };
  const [today, yesterday] = [dayOf(iso(clock.now())), dayOf(iso(clock.now() - 24 * HOUR_MS))];
  const ledger = new DynamoCostLedger(DynamoDBDocumentClient.from(new DynamoDBClient(config)), tableName);
  const month = monthOf(yesterday);
  await ledger.put(anEntry({ month, sessionId: 'from-the-ledger', usdByDay: { [yesterday]: 10 } }));

  const [, report] = [...stack.resources].find(([id]) => id.includes('ReportCostsFunction')) ?? [];
  const lambda = new LambdaClient(config);
  for (let run = 1; run <= 2; run++) {
    const { FunctionError } = await lambda.send(new InvokeCommand({ FunctionName: report?.ref, Payload: '{}' }));
    expect(FunctionError).toBeUndefined();
  }

  expect(await world.text(reportKey(today))).toContain('from-the-ledger');
  expect(await world.text(reportCsvKey(today))).toContain(`${month},from-the-ledger,digits,vision,ana`);
  const digests = world.cloud.notifications().filter(({ attributes }) => attributes['kind']?.StringValue === 'report');
  expect(digests).toHaveLength(1);
  expect(digests[0]?.message).toContain(`${reportKey(today)} .`);
});
