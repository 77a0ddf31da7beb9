/** Everything that planning a job looks at, on clients that somebody else has made. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { PricingClient } from '@aws-sdk/client-pricing';
import { S3Client } from '@aws-sdk/client-s3';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SSMClient } from '@aws-sdk/client-ssm';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { FindingDeps } from '../core/plan/gather-findings';
import type { Clock } from '../core/ports';
import { clientConfig } from './client-config';
import { DynamoCostLedger } from './dynamo-cost-ledger';
import { Ec2Catalog } from './ec2-catalog';
import { MarketPrices, pricingRegion } from './market-prices';
import { S3ObjectStore } from './s3-object-store';
import { ServiceQuotas } from './service-quotas';

export interface PlanningOptions {
  region: string;
  bucket: string;
  tableName: string;
  clock: Clock;
  /** For every client: endpoint, credentials, … */
  client: object;
  /** Told of a price or quota that could not be asked for. */
  onUnknown: (what: string, error: unknown) => void;
}

export type PlanningPorts = Pick<FindingDeps, 'objects' | 'catalog' | 'quotas' | 'prices' | 'ledger'>;

export function planningPorts({ region, bucket, tableName, clock, client, onUnknown }: PlanningOptions): PlanningPorts {
  const config = { ...clientConfig, ...client, region };
  const ec2 = new EC2Client(config);
  const pricing = new PricingClient({ ...config, region: pricingRegion(region) });
  return {
    objects: new S3ObjectStore(new S3Client(config), bucket),
    catalog: new Ec2Catalog(ec2, new SSMClient(config)),
    quotas: new ServiceQuotas(new ServiceQuotasClient(config), onUnknown),
    ledger: new DynamoCostLedger(DynamoDBDocumentClient.from(new DynamoDBClient(config)), tableName),
    prices: new MarketPrices({ ec2, pricing, region, clock, onUnknown }),
  };
}
