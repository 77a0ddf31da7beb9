/**
 * The Price List service, as far as EC2's Linux on-demand prices in us-east-1 go (local/data/instance-types.ts).
 * Products come as JSON strings in AWS's nested form; what is not in the catalogue is simply not found.
 */
import { createHash } from 'node:crypto';
import type { Filter, GetProductsCommandInput } from '@aws-sdk/client-pricing';
import { INSTANCE_TYPES, type InstanceType } from '../data/instance-types';
import { AwsError, LocalUnsupported, type Service } from '../service';

const PUBLISHED = '2025-11-15T00:00:00Z';
/** AWS's codes for on-demand terms and for an hour's rate: the same in every product. */
const ON_DEMAND = 'JRTCKXETXF';
const HOURLY = '6YS6EN2CT7';
const REGION = { code: 'us-east-1', location: 'US East (N. Virginia)' };
const MOST_PER_PAGE = 100;

type Attributes = Record<string, string>;

function attributesOf(type: InstanceType): Attributes {
  return {
    servicecode: 'AmazonEC2',
    servicename: 'Amazon Elastic Compute Cloud',
    regionCode: REGION.code,
    location: REGION.location,
    locationType: 'AWS Region',
    instanceType: type.name,
    instancesku: skuOf(`instance/${type.name}`),
    currentGeneration: type.family === 'p3' ? 'No' : 'Yes',
    instanceFamily: type.gpu ? 'GPU instance' : type.family.startsWith('c') ? 'Compute optimized' : 'General purpose',
    vcpu: String(type.vcpus),
    memory: `${type.memoryMiB / 1024} GiB`,
    storage: type.localStorage?.text ?? 'EBS only',
    ...(type.gpu ? { gpu: String(type.gpu.count) } : {}),
    processorArchitecture: '64-bit',
    tenancy: 'Shared',
    operatingSystem: 'Linux',
    licenseModel: 'No License required',
    preInstalledSw: 'NA',
    capacitystatus: 'Used',
    marketoption: 'OnDemand',
    operation: 'RunInstances',
    usagetype: `BoxUsage:${type.name}`,
  };
}

function skuOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16).toUpperCase();
}

function toProduct(type: InstanceType): string {
  return product(
    { productFamily: 'Compute Instance', attributes: attributesOf(type), sku: skuOf(type.name) },
    {
      unit: 'Hrs',
      usd: type.onDemandUsd,
      description: `$${type.onDemandUsd} per On Demand Linux ${type.name} Instance Hour`,
    },
  );
}

interface Rate {
  unit: string;
  usd: number;
  description: string;
}

function product(
  described: { productFamily: string; attributes: Attributes; sku: string },
  { unit, usd, description }: Rate,
): string {
  const { sku } = described;
  const offer = `${sku}.${ON_DEMAND}`;
  const rate = `${offer}.${HOURLY}`;
  return JSON.stringify({
    product: described,
    serviceCode: 'AmazonEC2',
    terms: {
      OnDemand: {
        [offer]: {
          priceDimensions: {
            [rate]: {
              ...{ unit, endRange: 'Inf', description, appliesTo: [], rateCode: rate, beginRange: '0' },
              pricePerUnit: { USD: usd.toFixed(10) },
            },
          },
          sku,
          effectiveDate: '2025-11-01T00:00:00Z',
          offerTermCode: ON_DEMAND,
          termAttributes: {},
        },
      },
    },
    version: PUBLISHED.replaceAll(/[-:TZ]/g, ''),
    publicationDate: PUBLISHED,
  });
}

function instanceAttributes(type: InstanceType): Attributes {
  return { ...attributesOf(type), productFamily: 'Compute Instance' };
}

/** A general-purpose volume (https://aws.amazon.com/ebs/pricing/). */
const VOLUME = { name: 'gp3', usdPerGibMonth: 0.08 };

function volumeAttributes(): Attributes {
  return {
    servicecode: 'AmazonEC2',
    regionCode: REGION.code,
    location: REGION.location,
    productFamily: 'Storage',
    volumeApiName: VOLUME.name,
    volumeType: 'General Purpose',
    usagetype: 'EBS:VolumeUsage.gp3',
  };
}

function volumeProduct(): string {
  return product(
    { productFamily: 'Storage', attributes: volumeAttributes(), sku: skuOf(VOLUME.name) },
    { unit: 'GB-Mo', usd: VOLUME.usdPerGibMonth, description: `$${VOLUME.usdPerGibMonth} per GB-month of gp3` },
  );
}

function matches(attributes: Attributes, filters: readonly Filter[]): boolean {
  const all: Attributes = { ...attributes, ServiceCode: 'AmazonEC2' };
  return filters.every(({ Type: kind, Field: field = '', Value: value = '' }) => {
    if (kind !== 'TERM_MATCH' && kind !== 'EQUALS') throw new LocalUnsupported('pricing', `the filter type ${kind}`);
    return all[field]?.toLowerCase() === value.toLowerCase();
  });
}

function getProducts(input: GetProductsCommandInput) {
  if (input.ServiceCode !== 'AmazonEC2') throw new LocalUnsupported('pricing', `prices of ${input.ServiceCode}`);
  const filters = input.Filters ?? [];
  const products = [
    ...[...INSTANCE_TYPES.values()].filter((type) => matches(instanceAttributes(type), filters)).map(toProduct),
    ...(matches(volumeAttributes(), filters) ? [volumeProduct()] : []),
  ];
  const start = input.NextToken ? Number(input.NextToken) : 0;
  if (!Number.isInteger(start)) throw new AwsError('InvalidNextTokenException', 'The pagination token is invalid.');
  const end = start + Math.min(input.MaxResults ?? MOST_PER_PAGE, MOST_PER_PAGE);
  return {
    FormatVersion: 'aws_v1',
    PriceList: products.slice(start, end),
    ...(end < products.length ? { NextToken: String(end) } : {}),
  };
}

export function createPricing(): Service {
  return { id: 'pricing', operations: { GetProducts: async (input) => getProducts(input) } };
}
