import { ScaledClock } from '../../local/clock';
import { type Gateway, type GatewayOptions, startGateway } from '../../local/gateway/gateway';
import { createIdentities, type Identities } from '../../local/identities';

export const ACCOUNT_ID = '000000000000';
export const REGION = 'us-east-1';

/** Ids in order: id-1, id-2, … */
export function countingIds(): () => string {
  let count = 0;
  return () => `id-${++count}`;
}

export type TestGateway = Gateway & { lines: string[]; identities: Identities };

/** A gateway on a free port; whatever is not given refuses its calls. */
export async function startTestGateway(options: Partial<GatewayOptions> = {}): Promise<TestGateway> {
  const lines: string[] = [];
  const clock = options.clock ?? new ScaledClock();
  const newId = options.newId ?? countingIds();
  const identities = options.identities ?? createIdentities({ newId, clock, accountId: ACCOUNT_ID });
  const gateway = await startGateway({
    services: [],
    s3: { handle: () => Promise.reject(new Error('no S3 in this test')) },
    dynamodb: { handle: () => Promise.reject(new Error('no DynamoDB in this test')) },
    identities,
    clock,
    newId,
    port: 0,
    accountId: ACCOUNT_ID,
    region: REGION,
    log: (line) => lines.push(line),
    ...options,
  });
  return { ...gateway, lines, identities };
}

/** What every SDK client of a test is made with. */
export function clientOptions(gateway: Gateway, accessKeyId = 'test') {
  return {
    endpoint: gateway.endpoint,
    region: REGION,
    credentials: { accessKeyId, secretAccessKey: 'test' },
    maxAttempts: 1,
  };
}
