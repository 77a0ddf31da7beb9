import { createPricing } from '../../local/services/pricing';
import { createServiceQuotas } from '../../local/services/service-quotas';
import { AL2023, context, testEc2 } from './support';

describe('the price list', () => {
  const filter = (fields: Record<string, string>) =>
    Object.entries(fields).map(([Field, Value]) => ({ Type: 'TERM_MATCH', Field, Value }));

  async function getProducts(fields: Record<string, string>, more: object = {}) {
    const answer = await createPricing().operations['GetProducts']?.(
      { ServiceCode: 'AmazonEC2', Filters: filter(fields), ...more },
      context,
    );
    return answer as { PriceList: string[]; NextToken?: string };
  }

  it("has one product for the usual filters, in AWS's nested form", async () => {
    const { PriceList } = await getProducts({
      instanceType: 'g5.xlarge',
      regionCode: 'us-east-1',
      operatingSystem: 'Linux',
      tenancy: 'Shared',
      preInstalledSw: 'NA',
      capacitystatus: 'Used',
      licenseModel: 'No License required',
    });
    expect(PriceList).toHaveLength(1);
    const product = JSON.parse(PriceList[0] ?? '');
    const [term] = Object.values<{ priceDimensions: Record<string, { unit: string; pricePerUnit: { USD: string } }> }>(
      product.terms.OnDemand,
    );
    expect(Object.values(term?.priceDimensions ?? {})).toMatchObject([
      { unit: 'Hrs', pricePerUnit: { USD: '1.0060000000' } },
    ]);
  });

  it('has no price for what it does not know, and pages', async () => {
    expect((await getProducts({ instanceType: 'g5.xlarge', regionCode: 'eu-west-1' })).PriceList).toEqual([]);
    const page = await getProducts({}, { MaxResults: 20 });
    expect(page.PriceList).toHaveLength(20);
    expect((await getProducts({}, { NextToken: page.NextToken })).PriceList[0]).not.toBe(page.PriceList[0]);
  });
});

describe('service quotas', () => {
  it('are those that launches are held against', async () => {
    const { ec2, call } = testEc2();
    const service = createServiceQuotas({ accountId: '000000000000', region: 'us-east-1', quotas: ec2 });
    service.setQuota('L-DB2E81BA', 0);
    const request = { ServiceCode: 'ec2', QuotaCode: 'L-DB2E81BA' };
    expect(await service.operations['GetServiceQuota']?.(request, context)).toMatchObject({
      Quota: { QuotaName: 'Running On-Demand G and VT instances', Value: 0 },
    });
    await expect(
      call('RunInstances', { ImageId: AL2023, InstanceType: 'g5.xlarge', MinCount: 1, MaxCount: 1 }),
    ).rejects.toMatchObject({ name: 'VcpuLimitExceeded', message: expect.stringContaining('vCPU limit of 0') });
    await expect(
      service.operations['GetServiceQuota']?.({ ServiceCode: 'ec2', QuotaCode: 'L-0' }, context),
    ).rejects.toMatchObject({ name: 'NoSuchResourceException' });
  });
});
