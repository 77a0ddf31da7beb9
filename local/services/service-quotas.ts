/** Service Quotas: EC2's vCPU quotas, the same that launches are held against. */
import type { GetServiceQuotaRequest, ListServiceQuotasRequest, ServiceQuota } from '@aws-sdk/client-service-quotas';
import { VCPU_QUOTAS, type VcpuQuota } from '../data/quotas';
import { AwsError, type Service } from '../service';

export interface ServiceQuotasOptions {
  accountId: string;
  region: string;
  /** Where the values live: the EC2 service itself. */
  quotas: QuotaValues;
}

export interface QuotaValues {
  quota(code: string): number | undefined;
  setQuota(code: string, value: number): void;
}

export interface ServiceQuotasService extends Service {
  /** Sets a vCPU quota, e.g. to the 0 of a new account's GPU families. Throws NoSuchResourceException for another code. */
  setQuota(code: string, value: number): void;
}

function findQuota(code: string | undefined): VcpuQuota {
  const quota = VCPU_QUOTAS.find((candidate) => candidate.code === code);
  if (!quota)
    throw new AwsError('NoSuchResourceException', 'The request failed because the specified quota does not exist.');
  return quota;
}

function checkService(code: string | undefined): void {
  if (code !== 'ec2') {
    throw new AwsError('NoSuchResourceException', 'The request failed because the specified service does not exist.');
  }
}

export function createServiceQuotas({ accountId, region, quotas }: ServiceQuotasOptions): ServiceQuotasService {
  const describe = (quota: VcpuQuota, value: number): ServiceQuota => ({
    ServiceCode: 'ec2',
    ServiceName: 'Amazon Elastic Compute Cloud (Amazon EC2)',
    QuotaArn: `arn:aws:servicequotas:${region}:${accountId}:ec2/${quota.code}`,
    QuotaCode: quota.code,
    QuotaName: quota.name,
    Value: value,
    Unit: 'None',
    Adjustable: true,
    GlobalQuota: false,
    QuotaAppliedAtLevel: 'ACCOUNT',
  });
  const current = (quota: VcpuQuota) => describe(quota, quotas.quota(quota.code) ?? quota.defaultValue);
  return {
    id: 'servicequotas',
    operations: {
      GetServiceQuota: async (input: GetServiceQuotaRequest) => {
        checkService(input.ServiceCode);
        return { Quota: current(findQuota(input.QuotaCode)) };
      },
      GetAWSDefaultServiceQuota: async (input: GetServiceQuotaRequest) => {
        checkService(input.ServiceCode);
        const quota = findQuota(input.QuotaCode);
        return { Quota: describe(quota, quota.defaultValue) };
      },
      ListServiceQuotas: async (input: ListServiceQuotasRequest) => {
        checkService(input.ServiceCode);
        return { Quotas: VCPU_QUOTAS.map(current) };
      },
    },
    setQuota: (code, value) => quotas.setQuota(findQuota(code).code, value),
  };
}
