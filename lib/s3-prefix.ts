/** Places in S3 as IAM sees them. */
import { Aws } from 'aws-cdk-lib';

/** A bucket's name, which may be a token, and a prefix in it; an empty prefix is the whole bucket. */
export interface S3Prefix {
  readonly bucket: string;
  readonly prefix: string;
}

export const bucketArn = (bucket: string) => `arn:${Aws.PARTITION}:s3:::${bucket}`;

/** ARNs of everything below the places. */
export function objectArns(places: readonly S3Prefix[]): string[] {
  return places.map(({ bucket, prefix }) => `${bucketArn(bucket)}/${prefix}*`);
}

/**
 * Reads `bucket`, `bucket/prefix` or the same after `s3://`; a prefix ends in `/`, so that `results` does not cover
 * `results-of-others`. Undefined when it is none of these.
 */
export function parseS3Prefix(text: string): S3Prefix | undefined {
  const match = /^(?:s3:\/\/)?([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([^*?\s]*))?$/.exec(text);
  const [, bucket, path = ''] = match ?? [];
  if (bucket === undefined) return undefined;
  return { bucket, prefix: path === '' || path.endsWith('/') ? path : `${path}/` };
}
