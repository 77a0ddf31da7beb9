/**
 * What S3 says of an object's content, computed over what arrived. CRCs of ranges that came in parallel are put together;
 * of an object uploaded in parts S3 may keep only the checksum of the parts' checksums.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
import { createHash } from 'node:crypto';
import { Crc32, Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc';

const CRCS = {
  CRC32: { bits: 32, polynomial: 0xedb88320n, create: () => new Crc32() },
  CRC32C: { bits: 32, polynomial: 0x82f63b78n, create: () => new Crc32c() },
  CRC64NVME: { bits: 64, polynomial: 0x9a6c9329ac4bc9b5n, create: () => new Crc64Nvme() },
} as const;
type Crc = keyof typeof CRCS;

/** MD5 is the ETag of an object that was put in one piece and is not encrypted with a key of KMS. */
export type ChecksumAlgorithm = Crc | 'SHA1' | 'SHA256' | 'MD5';

export interface StoredChecksum {
  algorithm: ChecksumAlgorithm;
  /** Base64. */
  value: string;
  /** Set for the checksum of checksums of parts, each of this size but the last. */
  ofPartsOfBytes: number | null;
}

export const isCrc = (algorithm: ChecksumAlgorithm): algorithm is Crc => algorithm in CRCS;

export interface Hasher {
  update(chunk: Uint8Array): void;
  /** Base64. */
  digest(): Promise<string>;
}

export function hasherOf(algorithm: ChecksumAlgorithm): Hasher {
  if (isCrc(algorithm)) {
    const crc = CRCS[algorithm].create();
    return {
      update: (chunk) => crc.update(chunk),
      digest: async () => Buffer.from(await crc.digest()).toString('base64'),
    };
  }
  const hash = createHash(algorithm.toLowerCase());
  return { update: (chunk) => void hash.update(chunk), digest: async () => hash.digest('base64') };
}

export interface PartCrc {
  sizeBytes: number;
  /** Base64. */
  value: string;
}

/** The CRC of parts one after another, from theirs. */
export function joinCrcs(algorithm: Crc, parts: readonly PartCrc[]): string {
  const { bits } = CRCS[algorithm];
  const shifts = new Map<number, bigint>();
  const shiftOf = (sizeBytes: number) => {
    const known = shifts.get(sizeBytes) ?? xToThe(BigInt(sizeBytes) * 8n, algorithm);
    shifts.set(sizeBytes, known);
    return known;
  };
  const joined = parts.reduce(
    (crc, { sizeBytes, value }) => multiply(crc, shiftOf(sizeBytes), algorithm) ^ numberOf(value),
    0n,
  );
  return Buffer.from(joined.toString(16).padStart(bits / 4, '0'), 'hex').toString('base64');
}

const numberOf = (base64: string) => BigInt(`0x${Buffer.from(base64, 'base64').toString('hex')}`);

/** The checksum of the parts' checksums, as S3 makes it, without its `-<number of parts>`. */
export async function compositeOf(algorithm: Crc, parts: readonly PartCrc[]): Promise<string> {
  const hasher = hasherOf(algorithm);
  for (const { value } of parts) hasher.update(Buffer.from(value, 'base64'));
  return hasher.digest();
}

/** Polynomials over GF(2) in the reflected order of these CRCs: the highest bit is x⁰. As zlib's crc32_combine. */
function multiply(a: bigint, b: bigint, algorithm: Crc): bigint {
  const { bits, polynomial } = CRCS[algorithm];
  let product = 0n;
  let factor = b;
  for (let bit = 1n << BigInt(bits - 1); bit > 0n; bit >>= 1n) {
    if ((a & bit) !== 0n) product ^= factor;
    factor = (factor & 1n) === 0n ? factor >> 1n : (factor >> 1n) ^ polynomial;
  }
  return product;
}

function xToThe(power: bigint, algorithm: Crc): bigint {
  const { bits } = CRCS[algorithm];
  let result = 1n << BigInt(bits - 1);
  let square = 1n << BigInt(bits - 2);
  for (let left = power; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = multiply(result, square, algorithm);
    square = multiply(square, square, algorithm);
  }
  return result;
}
