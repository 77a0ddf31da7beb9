/** AWS's documented request rates of an account, as token buckets; who finds one empty waits. */

interface Rate {
  size: number;
  perSecond: number;
}

/**
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/ec2-api-throttling.html (non-mutating, filtered or paged) and
 * https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html. S3 and on-demand tables bear more than a pass asks for.
 */
const RATES: Readonly<Record<string, Rate>> = {
  DescribeInstances: { size: 100, perSecond: 20 },
  DescribeInstanceStatus: { size: 100, perSecond: 20 },
  DescribeVolumes: { size: 100, perSecond: 20 },
  DescribeSpotPriceHistory: { size: 100, perSecond: 20 },
  ListExecutions: { size: 100, perSecond: 2 },
  DescribeExecution: { size: 250, perSecond: 10 },
};

export class TokenBuckets {
  readonly #filled = new Map<string, { tokens: number; atMs: number }>();

  async take(operation: string): Promise<void> {
    const rate = RATES[operation];
    if (rate === undefined) return;
    const now = performance.now();
    const { tokens, atMs } = this.#filled.get(operation) ?? { tokens: rate.size, atMs: now };
    const left = Math.min(rate.size, tokens + ((now - atMs) / 1000) * rate.perSecond) - 1;
    this.#filled.set(operation, { tokens: left, atMs: now });
    if (left < 0) await new Promise((resolve) => setTimeout(resolve, (-left / rate.perSecond) * 1000));
  }
}
