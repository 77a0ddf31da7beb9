/**
 * List prices in USD of what is not priced by instance type. Instances and disks are asked for; these are the same
 * everywhere or differ little, and what is computed with the second kind is called an estimate.
 */

/** The same in every region (https://aws.amazon.com/vpc/pricing/, "Public IPv4 Address"). */
export const PUBLIC_IPV4_USD_PER_HOUR = 0.005;

/** us-east-1, S3 Standard, first 50 TB, and requests (https://aws.amazon.com/s3/pricing/). */
export const S3 = { usdPerGibMonth: 0.023, usdPerWrite: 0.005 / 1000, usdPerRead: 0.0004 / 1000 };

/** us-east-1 (https://aws.amazon.com/step-functions/pricing/). */
export const STATE_TRANSITION_USD = 0.025 / 1000;

/** us-east-1, arm64 (https://aws.amazon.com/lambda/pricing/). */
export const LAMBDA = { usdPerRequest: 0.2 / 1e6, usdPerGibSecond: 0.0000133334 };

/** us-east-1, on demand (https://aws.amazon.com/dynamodb/pricing/on-demand/). A unit is 1 KB written or 4 KB read. */
export const DYNAMODB = { usdPerWriteUnit: 0.625 / 1e6, usdPerReadUnit: 0.125 / 1e6 };

/** EBS is prorated by the second over a month of 30 days (https://aws.amazon.com/ebs/pricing/). */
export const DAYS_PER_MONTH = 30;

/** USD an hour of a volume of so many GiB, at USD per GiB and month. */
export const volumeUsdPerHour = (usdPerGibMonth: number, sizeGiB: number): number =>
  (usdPerGibMonth * sizeGiB) / (DAYS_PER_MONTH * 24);
