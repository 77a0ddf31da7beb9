/** What S3's answers say of an object. */
import type { GetObjectCommandOutput, HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { ObjectFacts } from '../ports';
import type { ChecksumAlgorithm, StoredChecksum } from '../staging/checksums';

type Answer = Pick<
  GetObjectCommandOutput & HeadObjectCommandOutput,
  | 'ContentLength'
  | 'LastModified'
  | 'ETag'
  | 'ServerSideEncryption'
  | 'SSECustomerAlgorithm'
  | 'ChecksumType'
  | 'ChecksumCRC32'
  | 'ChecksumCRC32C'
  | 'ChecksumCRC64NVME'
  | 'ChecksumSHA1'
  | 'ChecksumSHA256'
>;

export const factsOf = (answer: Answer): ObjectFacts => ({
  sizeBytes: answer.ContentLength ?? 0,
  modifiedAtMs: answer.LastModified?.getTime() ?? 0,
  etag: answer.ETag ?? '',
  checksum: storedChecksum(answer) ?? md5Of(answer),
});

/** One that is made of parts' checksums ends with their number; how large they are it does not say. */
export const isComposite = (value: string) => /-\d+$/.test(value);

function storedChecksum(answer: Answer): StoredChecksum | null {
  const values: Record<Exclude<ChecksumAlgorithm, 'MD5'>, string | undefined> = {
    CRC64NVME: answer.ChecksumCRC64NVME,
    CRC32: answer.ChecksumCRC32,
    CRC32C: answer.ChecksumCRC32C,
    SHA256: answer.ChecksumSHA256,
    SHA1: answer.ChecksumSHA1,
  };
  for (const [algorithm, value] of Object.entries(values) as [ChecksumAlgorithm, string | undefined][]) {
    if (value !== undefined) return { algorithm, value, ofPartsOfBytes: null };
  }
  return null;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html: the ETag is an MD5 only under these conditions. */
function md5Of({ ETag = '', ServerSideEncryption, SSECustomerAlgorithm }: Answer): StoredChecksum | null {
  const [, hex] = /^"?([0-9a-f]{32})"?$/.exec(ETag) ?? [];
  const isPlain = ServerSideEncryption === undefined || ServerSideEncryption === 'AES256';
  if (hex === undefined || !isPlain || SSECustomerAlgorithm !== undefined) return null;
  return { algorithm: 'MD5', value: Buffer.from(hex, 'hex').toString('base64'), ofPartsOfBytes: null };
}
