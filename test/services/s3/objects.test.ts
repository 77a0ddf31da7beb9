import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutBucketAclCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { AwsError } from '../../../local/service';
import { clientOptions } from '../../gateway/start-test-gateway';
import { ManualClock } from '../../support/manual-clock';
import { startS3, testBytes } from './start-s3';

type Started = Awaited<ReturnType<typeof startS3>>;
let s3: Started;
beforeEach(async () => {
  s3 = await startS3();
});
afterEach(() => s3.gateway.close());

const put = (Key: string, Body: string | Uint8Array, more: object = {}) =>
  s3.client.send(new PutObjectCommand({ Bucket: 'data', Key, Body, ...more }));
const get = (Key: string, more: object = {}) => s3.client.send(new GetObjectCommand({ Bucket: 'data', Key, ...more }));
const text = async (Key: string, more: object = {}) => (await get(Key, more)).Body?.transformToString();

describe('an object', () => {
  it('comes back with its bytes, type, metadata, ETag and date', async () => {
    await put('a/b.txt', 'hello', { ContentType: 'text/plain', CacheControl: 'no-store', Metadata: { owner: 'ana' } });
    const object = await get('a/b.txt');
    expect(await object.Body?.transformToString()).toBe('hello');
    expect(object).toMatchObject({
      ContentType: 'text/plain',
      CacheControl: 'no-store',
      ContentLength: 5,
      ETag: '"5d41402abc4b2a76b9719d911017c592"',
      Metadata: { owner: 'ana' },
    });
    expect(object.ContentEncoding).toBeUndefined();
    expect(Math.abs((object.LastModified?.getTime() ?? 0) - Date.now())).toBeLessThan(5000);
  });

  it.each([
    'plain',
    'with spaces & "quotes" \'single\'',
    '../../../etc/passwd',
    'a/../b',
    '/leading/slash',
    'double//slash/',
    'AROAEXAMPLE:i-0123/file',
    'ünïcödé/日本語/🎉',
    'percent%20+plus?question#hash',
    '__proto__',
    'x'.repeat(1024),
  ])('may have any key: %s', async (key) => {
    await put(key, key);
    expect(await text(key)).toBe(key);
    expect(s3.s3.list('data').map((object) => object.key)).toEqual([key]);
    expect(readdirSync(`${s3.dataDir}/s3`)).toEqual(['data']);
    expect(readdirSync(`${s3.dataDir}/s3/data`)).toEqual(['bucket.json', 'objects']);
    await s3.client.send(new DeleteObjectCommand({ Bucket: 'data', Key: key }));
    await expect(get(key)).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('can be read in ranges', async () => {
    await put('digits', '0123456789');
    expect(await text('digits', { Range: 'bytes=2-4' })).toBe('234');
    expect(await text('digits', { Range: 'bytes=7-' })).toBe('789');
    expect(await text('digits', { Range: 'bytes=-2' })).toBe('89');
    expect(await text('digits', { Range: 'bytes=5-99' })).toBe('56789');
    expect((await get('digits', { Range: 'bytes=2-4' })).ContentRange).toBe('bytes 2-4/10');
    await expect(get('digits', { Range: 'bytes=10-' })).rejects.toMatchObject({ name: 'InvalidRange' });
  });

  it('is written and read under conditions', async () => {
    const { ETag } = await put('once', 'first', { IfNoneMatch: '*' });
    await expect(put('once', 'second', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(put('once', 'second', { IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(put('absent', 'x', { IfMatch: ETag })).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(get('once', { IfNoneMatch: ETag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    await expect(get('once', { IfMatch: '"other"' })).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
    await put('once', 'second', { IfMatch: ETag });
    expect(await text('once')).toBe('second');
  });

  it('is created once when many writers create it at the same time', async () => {
    const writers = Array.from({ length: 8 }, (_, index) => put('race', `writer ${index}`, { IfNoneMatch: '*' }));
    const outcomes = await Promise.allSettled(writers);
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
  });

  it('stays whole for a reader while it is overwritten', async () => {
    const before = testBytes(3_000_000);
    await put('big', before);
    const reading = await get('big');
    await put('big', 'short');
    expect(Buffer.from((await reading.Body?.transformToByteArray()) ?? []).equals(before)).toBe(true);
    expect(await text('big')).toBe('short');
  });

  it('is copied with its metadata, or with new', async () => {
    await put('from here +', 'body', { Metadata: { a: '1' }, ContentType: 'text/x' });
    const CopySource = `data/${encodeURIComponent('from here +')}`;
    const copy = (more: object) =>
      s3.client.send(new CopyObjectCommand({ Bucket: 'data', Key: 'to', CopySource, ...more }));
    await copy({});
    expect(await get('to')).toMatchObject({ Metadata: { a: '1' }, ContentType: 'text/x' });
    await copy({ MetadataDirective: 'REPLACE', Metadata: { b: '2' } });
    expect((await get('to')).Metadata).toEqual({ b: '2' });
    await expect(copy({ IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
  });

  it('has tags', async () => {
    await put('tagged', 'x', { Tagging: 'a=1&b=two%20words' });
    const tags = async () =>
      (await s3.client.send(new GetObjectTaggingCommand({ Bucket: 'data', Key: 'tagged' }))).TagSet;
    expect(await tags()).toEqual([
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: 'two words' },
    ]);
    const Tagging = { TagSet: [{ Key: 'c', Value: '<3>' }] };
    await s3.client.send(new PutObjectTaggingCommand({ Bucket: 'data', Key: 'tagged', Tagging }));
    expect(await tags()).toEqual([{ Key: 'c', Value: '<3>' }]);
  });

  it('survives a restart', async () => {
    await put('kept', 'still here', { Metadata: { a: '1' } });
    await s3.gateway.close();
    s3 = await startS3({ dataDir: s3.dataDir });
    expect(await text('kept')).toBe('still here');
    expect((await get('kept')).Metadata).toEqual({ a: '1' });
  });

  it('leaves nothing behind when its upload was cut off by a crash', async () => {
    await put('kept', 'whole');
    const [shard = ''] = readdirSync(`${s3.dataDir}/s3/data/objects`);
    const leftover = `${s3.dataDir}/s3/data/objects/${shard}/half.data`;
    writeFileSync(leftover, 'half an upload');
    await s3.gateway.close();
    s3 = await startS3({ dataDir: s3.dataDir });
    expect(existsSync(leftover)).toBe(false);
    expect(await text('kept')).toBe('whole');
  });

  it('is missing with the errors that clients know', async () => {
    await expect(get('absent')).rejects.toMatchObject({ name: 'NoSuchKey', Key: 'absent' });
    const head = s3.client.send(new HeadObjectCommand({ Bucket: 'data', Key: 'absent' }));
    await expect(head).rejects.toMatchObject({ name: 'NotFound' });
    const elsewhere = s3.client.send(new GetObjectCommand({ Bucket: 'nowhere', Key: 'k' }));
    await expect(elsewhere).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });

  it('many are deleted in one call', async () => {
    const keys = ['plain', 'a&b', '<x>', "it's", 'new\nline', 'ü'];
    for (const key of keys) await put(key, 'x');
    const Objects = [...keys, 'absent'].map((Key) => ({ Key }));
    const { Deleted } = await s3.client.send(new DeleteObjectsCommand({ Bucket: 'data', Delete: { Objects } }));
    expect(Deleted?.map(({ Key }) => Key)).toEqual([...keys, 'absent']);
    expect(s3.s3.list('data')).toEqual([]);
  });
});

describe('EventBridge', () => {
  it('is told of created and deleted objects', async () => {
    await put('a/status.json', '{}');
    await s3.client.send(new DeleteObjectCommand({ Bucket: 'data', Key: 'a/status.json' }));
    expect(s3.events).toMatchObject([
      {
        source: 'aws.s3',
        'detail-type': 'Object Created',
        resources: ['arn:aws:s3:::data'],
        detail: {
          bucket: { name: 'data' },
          object: { key: 'a/status.json', size: 2, etag: '99914b932bd37a50b983c5e7c90ae93b' },
          reason: 'PutObject',
        },
      },
      { 'detail-type': 'Object Deleted', detail: { object: { key: 'a/status.json' } } },
    ]);
  });

  it('is not told by a bucket that was not asked to', async () => {
    const off = { Bucket: 'data', NotificationConfiguration: {} };
    await s3.client.send(new PutBucketNotificationConfigurationCommand(off));
    await put('quiet', 'x');
    await s3.client.send(
      new PutBucketNotificationConfigurationCommand({
        ...off,
        NotificationConfiguration: { EventBridgeConfiguration: {} },
      }),
    );
    await put('loud', 'x');
    expect(s3.events.map(({ detail }) => (detail as { object: { key: string } }).object.key)).toEqual(['loud']);
  });
});

describe('a bucket', () => {
  it('is created, listed and deleted, but not while it holds something', async () => {
    await s3.client.send(new CreateBucketCommand({ Bucket: 'other' }));
    const { Buckets } = await s3.client.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual(['data', 'other']);
    await put('x', 'y');
    await expect(s3.client.send(new DeleteBucketCommand({ Bucket: 'data' }))).rejects.toMatchObject({
      name: 'BucketNotEmpty',
    });
    await s3.client.send(new DeleteBucketCommand({ Bucket: 'other' }));
    await expect(s3.client.send(new GetBucketLocationCommand({ Bucket: 'other' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
    });
    await expect(s3.client.send(new CreateBucketCommand({ Bucket: 'Not_A_Name' }))).rejects.toMatchObject({
      name: 'InvalidBucketName',
    });
  });

  it('may be named by the host', async () => {
    await put('k', 'by host');
    const { port } = s3.gateway;
    const answer = await new Promise<string>((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path: '/k', headers: { host: `data.localhost:${port}` } };
      request(options, (response) => response.setEncoding('utf8').on('data', resolve))
        .on('error', reject)
        .end();
    });
    expect(answer).toBe('by host');
  });

  it('refuses what is not supported', async () => {
    const acl = s3.client.send(new PutBucketAclCommand({ Bucket: 'data', ACL: 'public-read' }));
    await expect(acl).rejects.toMatchObject({ name: 'LocalUnsupported' });
    await expect(put('x', 'y', { ObjectLockMode: 'GOVERNANCE' })).rejects.toMatchObject({ name: 'LocalUnsupported' });
    expect(s3.lines.join()).toContain('x-amz-object-lock-mode');
  });
});

describe('a presigned URL', () => {
  it('reads and writes until it expires on the clock', async () => {
    const clock = new ManualClock(Date.now());
    const signed = await startS3({ clock });
    const target = { Bucket: 'data', Key: 'a b/c:d.txt' };
    const putUrl = await getSignedUrl(signed.client, new PutObjectCommand(target), { expiresIn: 60 });
    const getUrl = await getSignedUrl(signed.client, new GetObjectCommand(target), { expiresIn: 60 });
    expect((await fetch(putUrl, { method: 'PUT', body: 'presigned' })).status).toBe(200);
    expect(await (await fetch(getUrl)).text()).toBe('presigned');
    await clock.advance(62_000);
    const late = await fetch(getUrl);
    expect(late.status).toBe(403);
    expect(await late.text()).toContain('Request has expired');
    await signed.gateway.close();
  });
});

it('asks about every key that a call touches whether the caller may', async () => {
  const asked: string[] = [];
  const guarded = await startS3({
    authorize: ({ operation, input }) => {
      const { Key = '' } = input as { Key?: string };
      asked.push(`${operation} ${Key}`);
      if (Key === 'secret') throw new AwsError('AccessDenied', 'no', { statusCode: 403 });
    },
  });
  for (const key of ['open', 'secret']) await guarded.s3.putObject('data', key, key);
  const send = guarded.client.send.bind(guarded.client);
  const remove = new DeleteObjectsCommand({
    Bucket: 'data',
    Delete: { Objects: [{ Key: 'secret' }, { Key: 'open' }] },
  });
  expect(await send(remove)).toMatchObject({
    Deleted: [{ Key: 'open' }],
    Errors: [{ Key: 'secret', Code: 'AccessDenied' }],
  });
  const copy = send(new CopyObjectCommand({ Bucket: 'data', Key: 'mine', CopySource: 'data/secret' }));
  await expect(copy).rejects.toMatchObject({ name: 'AccessDenied' });
  expect(asked).toEqual([
    'DeleteObjects ',
    'DeleteObject secret',
    'DeleteObject open',
    'CopyObject mine',
    'GetObject secret',
  ]);
  expect(guarded.s3.list('data').map(({ key }) => key)).toEqual(['secret']);
  await guarded.gateway.close();
});

it('refuses credentials that were revoked, in the form of S3', async () => {
  await s3.gateway.close();
  s3 = await startS3();
  const { identities } = s3.gateway;
  const { expiration: _, ...credentials } = identities.issueForRole('NodeRole', 'i-1');
  const client = new S3Client({ ...clientOptions(s3.gateway), credentials, forcePathStyle: true });
  await client.send(new PutObjectCommand({ Bucket: 'data', Key: 'k', Body: 'v' }));
  identities.revoke('i-1');
  await expect(client.send(new GetObjectCommand({ Bucket: 'data', Key: 'k' }))).rejects.toMatchObject({
    name: 'ExpiredToken',
  });
});
