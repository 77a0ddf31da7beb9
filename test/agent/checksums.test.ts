/** What S3 keeps of an object’s content, by how it was uploaded, and what stage-in makes of it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ChecksumAlgorithm,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { S3ObjectStore } from '../../agent/adapters/s3-object-store';
import { stageData } from '../../agent/stage-in';
import { hasherOf, joinCrcs } from '../../agent/staging/checksums';
import { startS3, testBytes } from '../services/s3/start-s3';
import { stageOptions } from './stage-options';

const MIB = 2 ** 20;

describe('the CRC of parts put together', () => {
  it.each(['CRC32', 'CRC32C', 'CRC64NVME'] as const)('is that of the whole: %s', async (algorithm) => {
    const bytes = testBytes(100_003);
    const crcOf = async (part: Buffer) => {
      const hasher = hasherOf(algorithm);
      hasher.update(part);
      return { sizeBytes: part.length, value: await hasher.digest() };
    };
    const parts = [bytes.subarray(0, 40_000), bytes.subarray(40_000, 80_000), bytes.subarray(80_000)];
    const { value } = await crcOf(bytes);
    expect(joinCrcs(algorithm, await Promise.all(parts.map(crcOf)))).toBe(value);
  });
});

describe('what S3 keeps is checked', () => {
  let test: Awaited<ReturnType<typeof startS3>>;
  let home: string;

  beforeAll(async () => {
    test = await startS3();
  });
  afterAll(async () => {
    test.client.destroy();
    await test.gateway.close();
    rmSync(test.dataDir, { recursive: true, force: true });
  });
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'runctl-checksums-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  async function verified(key: string, bytes: Buffer): Promise<string> {
    const lines: string[] = [];
    await stageData(`s3://data/${key}`, join(home, 'data'), {
      ...stageOptions(new S3ObjectStore(test.client, Date.now), home),
      log: (line) => lines.push(line),
    });
    expect(readFileSync(join(home, 'data', key)).equals(bytes)).toBe(true);
    return lines.at(-1)?.replace(/^.*verified: 1 by /, '') ?? '';
  }

  async function uploadInParts(Key: string, bytes: Buffer, partBytes: number, checksum: object): Promise<void> {
    const target = { Bucket: 'data', Key };
    const { UploadId } = await test.client.send(new CreateMultipartUploadCommand({ ...target, ...checksum }));
    const Parts: { PartNumber: number; ETag?: string | undefined }[] = [];
    for (let at = 0; at < bytes.length; at += partBytes) {
      const PartNumber = Parts.length + 1;
      const Body = bytes.subarray(at, at + partBytes);
      const part = { ...target, UploadId, PartNumber, Body, ...checksum };
      const { $metadata: _, ...answer } = await test.client.send(new UploadPartCommand(part));
      Parts.push({ ...answer, PartNumber });
    }
    await test.client.send(
      new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts }, ...checksum }),
    );
  }

  it.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] satisfies ChecksumAlgorithm[])(
    '%s of a small object, and of a large one put in one piece',
    async (ChecksumAlgorithm) => {
      for (const size of [0, 1000, 33 * MIB]) {
        const key = `${ChecksumAlgorithm}-${size}`;
        const Body = testBytes(size);
        await test.client.send(new PutObjectCommand({ Bucket: 'data', Key: key, Body, ChecksumAlgorithm }));
        expect(await verified(key, Body)).toBe(ChecksumAlgorithm);
      }
    },
  );

  it('the ETag, where there is nothing else', async () => {
    for (const size of [1000, 33 * MIB]) {
      await test.s3.putObject('data', `etag-${size}`, testBytes(size));
      expect(await verified(`etag-${size}`, testBytes(size))).toBe('MD5');
    }
  });

  it.each([
    ['of the whole', { ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'FULL_OBJECT' }, 8 * MIB, 'CRC64NVME'],
    ['of parts', { ChecksumAlgorithm: 'CRC32', ChecksumType: 'COMPOSITE' }, 8 * MIB, 'CRC32'],
    ['of parts of an odd size', { ChecksumAlgorithm: 'CRC32C', ChecksumType: 'COMPOSITE' }, 7 * MIB + 1, 'CRC32C'],
    ['of parts, by SHA-256', { ChecksumAlgorithm: 'SHA256', ChecksumType: 'COMPOSITE' }, 8 * MIB, 'size alone'],
  ])('of an upload in parts: %s', async (what, checksum, partBytes, by) => {
    const bytes = testBytes(35 * MIB + 3);
    const key = what.replaceAll(/\W/g, '-');
    await uploadInParts(key, bytes, partBytes, checksum);
    expect(await verified(key, bytes)).toBe(by);
  });
});
