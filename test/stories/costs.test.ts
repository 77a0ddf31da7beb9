import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { LedgerEntry } from '../../core/costs/ledger';
import type { Receipt } from '../../core/costs/receipt';
import type { JobSpecInput } from '../../core/job/job-spec';
import { awsCommandsIn, shell } from './support/shell';
import { World } from './support/world';

describe('costs', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start({ speed: 30 });
  });
  afterAll(() => world?.close());

  async function ledger(): Promise<LedgerEntry[]> {
    const { endpoint, region, tableName } = world.cloud;
    const credentials = { accessKeyId: 'story', secretAccessKey: 'story' };
    const client = DynamoDBDocumentClient.from(new DynamoDBClient({ endpoint, region, credentials }));
    const month = new Date(world.cloud.clock.now()).toISOString().slice(0, 7);
    const { Items } = await client.send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'pk = :month',
        ExpressionAttributeValues: { ':month': `LEDGER#${month}` },
      }),
    );
    return (Items ?? []).map(({ entry }) => entry as LedgerEntry);
  }

  it('a price that rises uses up the dollar limit: saved, uploaded, stopped; a later session goes on with more', async () => {
    const endless = '--steps 1000000 --step-seconds 0.05 --save-every 50';
    const resources = { instanceTypes: ['m6i.large'], volumeGiB: 30, market: 'spot' as const };
    // As it was before any try.
    world.cloud.ec2.setSpotPrice('m6i.large', 0.04);
    const sessionId = await world.submit(endless, { resources, limits: { maxUsd: 0.07, graceSeconds: 60 } });
    const node = await world.trainingAt(sessionId, 50);
    world.cloud.ec2.setSpotPrice('m6i.large', 1);
    const { error, cause } = await world.end(sessionId);
    expect(error).toBe('BudgetReached');
    expect(cause).toContain('limits.maxUsd ($0.07)');
    expect(cause).toContain(`"resumeFrom": "${sessionId}"`);
    const saved = (await world.final(node))?.lastCheckpoint?.step ?? 0;
    expect(saved).toBeGreaterThan(0);

    const session = await world.until('its costs are settled', async () => {
      const record = await world.session(sessionId);
      return record?.costsSettledAt ? record : undefined;
    });
    const receipt = await world.json<Receipt>(`sessions/${sessionId}/receipt.json`);
    expect(receipt?.isFinal).toBe(true);
    expect(receipt?.attempts[0]?.nodes[0]?.priceChanges).toMatchObject([{ usdPerHour: 1 }]);
    expect(receipt?.total.lines.instances).toBeGreaterThan(0.05);
    expect(receipt?.total.lines.volumes).toBeGreaterThan(0);
    expect(receipt?.total.lines.publicAddresses).toBeGreaterThan(0);
    expect(receipt?.total.usd).toBe(session.cost?.usd);
    const alerts = world.cloud.notifications().map(({ subject }) => subject ?? '');
    for (const threshold of ['50 %', '80 %', 'used up']) {
      expect(alerts.filter((subject) => subject.includes(sessionId) && subject.includes(threshold))).toHaveLength(1);
    }
    expect(await ledger()).toContainEqual(
      expect.objectContaining({ sessionId, result: 'stopped', usd: session.cost?.usd }),
    );

    // As its mail says.
    const mail = world.cloud.notifications().find(({ subject }) => subject?.includes(`BudgetReached (${sessionId})`));
    const [fetchJob = '', startAgain = ''] = awsCommandsIn(mail?.message ?? '').filter((line) =>
      line.includes('stepf'),
    );
    const place = { endpoint: world.cloud.endpoint, cwd: world.dataDir };
    await shell([fetchJob], place);
    const job = JSON.parse(readFileSync(join(place.cwd, 'job.json'), 'utf8')) as JobSpecInput;
    const command = `python3 train.py --steps ${saved + 20} --save-every 10`;
    const changed = { ...job, command, resumeFrom: sessionId, limits: { maxUsd: 10 } };
    writeFileSync(join(place.cwd, 'job.json'), JSON.stringify(changed));
    const started = JSON.parse(await shell([`${startAgain} --output json`], place)) as { executionArn: string };
    const later = started.executionArn.split(':').at(-1) ?? '';
    await world.success(later);
    expect(await world.json(`results/${later}/result.json`)).toEqual({ steps: saved + 20, resumedAt: saved });
  });
});
