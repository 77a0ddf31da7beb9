/** The checksums of S3. https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html */
import { createHash } from 'node:crypto';
import { Crc32, Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc';

export const CHECKSUM_ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

export interface StoredChecksum {
  algorithm: ChecksumAlgorithm;
  /** Base64; a composite one ends with `-<number of parts>`. */
  value: string;
  type: ChecksumType;
}

export interface Hasher {
  update(chunk: Uint8Array): void;
  digest(): Promise<Buffer>;
}

export function createHasher(algorithm: ChecksumAlgorithm | 'MD5'): Hasher {
  if (algorithm === 'MD5' || algorithm === 'SHA1' || algorithm === 'SHA256') {
    const hash = createHash(algorithm.toLowerCase());
    return { update: (chunk) => void hash.update(chunk), digest: async () => hash.digest() };
  }
  const crc = algorithm === 'CRC32' ? new Crc32() : algorithm === 'CRC32C' ? new Crc32c() : new Crc64Nvme();
  return { update: (chunk) => crc.update(chunk), digest: async () => Buffer.from(await crc.digest()) };
}

export function asChecksumAlgorithm(name: string | undefined): ChecksumAlgorithm | undefined {
  return CHECKSUM_ALGORITHMS.find((algorithm) => algorithm === name?.toUpperCase());
}

/** e.g. x-amz-checksum-crc32 */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** e.g. ChecksumCRC32, in XML and in the SDK */
export function checksumMember(algorithm: ChecksumAlgorithm): `Checksum${ChecksumAlgorithm}` {
  return `Checksum${algorithm}`;
}

/** Of a multipart object whose parts were checked one by one: the checksum of the parts' checksums. */
export async function compositeChecksum(algorithm: ChecksumAlgorithm, partValues: readonly string[]): Promise<string> {
  const hasher = createHasher(algorithm);
  for (const value of partValues) hasher.update(Buffer.from(value, 'base64'));
  return `${(await hasher.digest()).toString('base64')}-${partValues.length}`;
}
