import { createHash } from 'node:crypto';
import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AbortMultipartUploadCommand,
  ChecksumAlgorithm,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { createHasher } from '../../../local/services/s3/checksums';
import { startS3, testBytes } from './start-s3';

type Started = Awaited<ReturnType<typeof startS3>>;
let s3: Started;
beforeEach(async () => {
  s3 = await startS3();
});
afterEach(() => s3.gateway.close());

const PART_BYTES = 5 * 1024 * 1024;
const target = { Bucket: 'data', Key: 'model.pt' };
const bytesOf = async (more: object = {}) =>
  Buffer.from(
    (await (await s3.client.send(new GetObjectCommand({ ...target, ...more }))).Body?.transformToByteArray()) ?? [],
  );
const start = async (more: object = {}) =>
  (await s3.client.send(new CreateMultipartUploadCommand({ ...target, ...more }))).UploadId ?? '';
const upload = (UploadId: string, PartNumber: number, Body: Uint8Array, more: object = {}) =>
  s3.client.send(new UploadPartCommand({ ...target, UploadId, PartNumber, Body, ...more }));
const complete = (UploadId: string, Parts: { ETag?: string; PartNumber: number }[], more: object = {}) =>
  s3.client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts }, ...more }));

describe('a multipart upload', () => {
  it('becomes one object, as lib-storage does it', async () => {
    const body = testBytes(12_000_000);
    await new Upload({
      client: s3.client,
      params: { ...target, Body: body, ContentType: 'x/y' },
      partSize: PART_BYTES,
    }).done();
    expect((await bytesOf()).equals(body)).toBe(true);
    expect(await s3.client.send(new HeadObjectCommand({ ...target, PartNumber: 3 }))).toMatchObject({
      ContentType: 'x/y',
      ETag: expect.stringMatching(/^"[0-9a-f]{32}-3"$/),
      PartsCount: 3,
      ContentLength: 12_000_000 - 2 * PART_BYTES,
    });
    expect(s3.events.at(-1)?.detail).toMatchObject({ reason: 'CompleteMultipartUpload', object: { size: 12_000_000 } });
  });

  it('takes parts in any order and again, and survives a restart', async () => {
    const UploadId = await start({ Metadata: { a: '1' } });
    const [first, second] = [testBytes(PART_BYTES), Buffer.from('the end')];
    const two = await upload(UploadId, 2, second);
    await upload(UploadId, 1, Buffer.from('a first try'));
    const one = await upload(UploadId, 1, first);
    await s3.gateway.close();
    s3 = await startS3({ dataDir: s3.dataDir });
    const { Parts } = await s3.client.send(new ListPartsCommand({ ...target, UploadId }));
    expect(Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
      [1, PART_BYTES],
      [2, 7],
    ]);
    await complete(UploadId, [
      { PartNumber: 1, ETag: one.ETag ?? '' },
      { PartNumber: 2, ETag: two.ETag ?? '' },
    ]);
    expect((await bytesOf()).equals(Buffer.concat([first, second]))).toBe(true);
    expect((await s3.client.send(new HeadObjectCommand(target))).Metadata).toEqual({ a: '1' });
  });

  it('creates only, when asked to', async () => {
    const UploadId = await start();
    const { ETag = '' } = await upload(UploadId, 1, Buffer.from('late'));
    await s3.s3.putObject('data', target.Key, 'early');
    await expect(complete(UploadId, [{ PartNumber: 1, ETag }], { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    expect((await bytesOf()).toString()).toBe('early');
  });

  it('refuses parts that are wrong, out of order or too small', async () => {
    const UploadId = await start();
    const { ETag = '' } = await upload(UploadId, 1, Buffer.from('small'));
    const { ETag: other = '' } = await upload(UploadId, 2, Buffer.from('other'));
    const [one, two] = [
      { PartNumber: 1, ETag },
      { PartNumber: 2, ETag: other },
    ];
    await expect(complete(UploadId, [{ PartNumber: 1, ETag: other }])).rejects.toMatchObject({ name: 'InvalidPart' });
    await expect(complete(UploadId, [two, one])).rejects.toMatchObject({ name: 'InvalidPartOrder' });
    await expect(complete(UploadId, [one, two])).rejects.toMatchObject({ name: 'EntityTooSmall' });
    await expect(upload('nonsense', 1, Buffer.from('x'))).rejects.toMatchObject({ name: 'NoSuchUpload' });
  });

  it('is listed until it is aborted', async () => {
    const UploadId = await start();
    const uploads = async () => (await s3.client.send(new ListMultipartUploadsCommand({ Bucket: 'data' }))).Uploads;
    expect(await uploads()).toMatchObject([{ Key: 'model.pt', UploadId }]);
    await s3.client.send(new AbortMultipartUploadCommand({ ...target, UploadId }));
    expect(await uploads()).toBeUndefined();
  });

  it('copies ranges of other objects', async () => {
    await s3.s3.putObject('data', 'source', '0123456789');
    const UploadId = await start();
    const CopySource = 'data/source';
    const part = { ...target, UploadId, PartNumber: 1, CopySource, CopySourceRange: 'bytes=3-5' };
    const { CopyPartResult } = await s3.client.send(new UploadPartCopyCommand(part));
    await complete(UploadId, [{ PartNumber: 1, ETag: CopyPartResult?.ETag ?? '' }]);
    expect((await bytesOf()).toString()).toBe('345');
  });
});

describe('checksums', () => {
  const algorithms = [
    ['CRC32', 'y/Q5Jg=='],
    ['CRC32C', '4waSgw=='],
    ['CRC64NVME', 'rosUhgp5mIg='],
    ['SHA1', '98O8HYCOBHMq32eZZczDTKeuNEE='],
    ['SHA256', 'FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU='],
  ] as const;

  it.each(algorithms)('%s is verified, kept and given back', async (algorithm, expected) => {
    // '123456789' is the check input of the CRC catalogues.
    const member = `Checksum${algorithm}`;
    await s3.client.send(
      new PutObjectCommand({ ...target, Body: '123456789', ChecksumAlgorithm: ChecksumAlgorithm[algorithm] }),
    );
    const head = await s3.client.send(new HeadObjectCommand({ ...target, ChecksumMode: 'ENABLED' }));
    expect(head).toMatchObject({ [member]: expected, ChecksumType: 'FULL_OBJECT' });
    const wrong = new PutObjectCommand({ ...target, Body: '987654321', [member]: expected });
    await expect(s3.client.send(wrong)).rejects.toMatchObject({ name: 'BadDigest' });
    expect((await bytesOf()).toString()).toBe('123456789');
  });

  it('come after the body of a stream, in chunks', async () => {
    const body = testBytes(300_000);
    const file = join(s3.dataDir, 'stream');
    writeFileSync(file, body);
    const stream = createReadStream(file);
    await s3.client.send(new PutObjectCommand({ ...target, Body: stream, ContentLength: body.length }));
    expect((await bytesOf()).equals(body)).toBe(true);
    const head = await s3.client.send(new HeadObjectCommand({ ...target, ChecksumMode: 'ENABLED' }));
    expect(head.ChecksumCRC32).toBeDefined();
    expect(head.ContentEncoding).toBeUndefined();
  });

  it('of signed chunks and of a body cut short', async () => {
    const url = `${s3.gateway.endpoint}/data/chunked`;
    const headers = {
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      'content-encoding': 'aws-chunked,gzip',
      'x-amz-decoded-content-length': '8',
    };
    const framed = '5;chunk-signature=aa\r\nhello\r\n3;chunk-signature=bb\r\n...\r\n0;chunk-signature=cc\r\n\r\n';
    expect((await fetch(url, { method: 'PUT', headers, body: framed })).status).toBe(200);
    expect((await s3.s3.getObject('data', 'chunked')).toString()).toBe('hello...');
    expect((await s3.client.send(new HeadObjectCommand({ Bucket: 'data', Key: 'chunked' }))).ContentEncoding).toBe(
      'gzip',
    );
    const cut = await fetch(url, { method: 'PUT', headers, body: framed.slice(0, 40) });
    expect(await cut.text()).toContain('IncompleteBody');
    expect((await s3.s3.getObject('data', 'chunked')).toString()).toBe('hello...');
  });

  it('of parts become a composite one, or one of the whole', async () => {
    const parts = [testBytes(PART_BYTES), Buffer.from('tail')];
    const upTo = async (ChecksumType: 'COMPOSITE' | 'FULL_OBJECT') => {
      const UploadId = await start({ ChecksumAlgorithm: 'CRC32', ChecksumType });
      const done = [];
      for (const [index, body] of parts.entries()) {
        const { ETag = '', ChecksumCRC32 = '' } = await upload(UploadId, index + 1, body, {
          ChecksumAlgorithm: 'CRC32',
        });
        done.push({ PartNumber: index + 1, ETag, ChecksumCRC32 });
      }
      await complete(UploadId, done);
      return s3.client.send(new HeadObjectCommand({ ...target, ChecksumMode: 'ENABLED' }));
    };
    const crc = async (bytes: Buffer) => {
      const hasher = createHasher('CRC32');
      hasher.update(bytes);
      return hasher.digest();
    };
    const partCrcs = Buffer.concat([await crc(parts[0] ?? Buffer.of()), await crc(parts[1] ?? Buffer.of())]);
    expect(await upTo('COMPOSITE')).toMatchObject({
      ChecksumType: 'COMPOSITE',
      ChecksumCRC32: `${(await crc(partCrcs)).toString('base64')}-2`,
    });
    expect(await upTo('FULL_OBJECT')).toMatchObject({
      ChecksumType: 'FULL_OBJECT',
      ChecksumCRC32: (await crc(Buffer.concat(parts))).toString('base64'),
    });
  });

  it('leave the MD5 as the ETag', async () => {
    const body = testBytes(1000);
    const { ETag } = await s3.client.send(new PutObjectCommand({ ...target, Body: body }));
    expect(ETag).toBe(`"${createHash('md5').update(body).digest('hex')}"`);
  });
});
