/** EC2's vCPU quotas of the account. */
import { GetServiceQuotaCommand, type ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { Quotas } from '../core/ports';

export class ServiceQuotas implements Quotas {
  constructor(
    private readonly client: ServiceQuotasClient,
    private readonly onUnknown: (quotaCode: string, error: unknown) => void,
  ) {}

  /** A quota that cannot be read does not stop a job: EC2 itself will refuse what is too much. */
  async value(quotaCode: string): Promise<number | null> {
    try {
      const { Quota } = await this.client.send(
        new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode: quotaCode }),
      );
      return Quota?.Value ?? null;
    } catch (error) {
      this.onUnknown(quotaCode, error);
      return null;
    }
  }
}
