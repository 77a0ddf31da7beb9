import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type GetObjectCommand, NoSuchKey, type S3Client } from '@aws-sdk/client-s3';
import { RESULTS_MANIFEST } from '../../core/checkpoints/results';
import { downloadResults } from '../../scripts/quickstart/download-results';

const PLACE = { bucket: 'bucket', key: 'results/digits/' };

/** A bucket with these objects and nothing else. */
function bucketOf(objects: Record<string, string>): S3Client {
  const send = async ({ input }: GetObjectCommand) => {
    const text = objects[input.Key ?? ''];
    if (text === undefined) throw new NoSuchKey({ message: 'no', $metadata: {} });
    return { Body: { transformToByteArray: async () => Buffer.from(text) } };
  };
  return { send } as unknown as S3Client;
}

function manifest(files: Record<string, string>): string {
  return JSON.stringify({
    version: 1,
    sessionId: 'digits',
    attempt: 1,
    files: Object.entries(files).map(([name, text]) => ({
      uri: `s3://bucket/results/digits/${name}`,
      path: name,
      sizeBytes: text.length,
      sha256: createHash('sha256').update(text).digest('hex'),
    })),
  });
}

describe('downloadResults', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'results-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('brings every file that is as the manifest says', async () => {
    const s3 = bucketOf({
      [`${PLACE.key}${RESULTS_MANIFEST}`]: manifest({ 'metrics.json': '{}', 'plots/loss.txt': 'loss' }),
      [`${PLACE.key}metrics.json`]: '{}',
      [`${PLACE.key}plots/loss.txt`]: 'loss',
    });

    const { files, problems } = await downloadResults(s3, PLACE, folder);

    expect({ files, problems }).toEqual({ files: ['metrics.json', 'plots/loss.txt'], problems: [] });
    expect(await readFile(path.join(folder, 'plots/loss.txt'), 'utf8')).toBe('loss');
  });

  it('names the files that are missing or differ, and does not keep them', async () => {
    const s3 = bucketOf({
      [`${PLACE.key}${RESULTS_MANIFEST}`]: manifest({ 'a.json': 'right', 'b.json': 'b' }),
      [`${PLACE.key}a.json`]: 'wrong',
    });

    const { problems } = await downloadResults(s3, PLACE, folder);

    expect(problems).toEqual(['a.json differs from the manifest', 'b.json is missing']);
    expect(existsSync(path.join(folder, 'a.json'))).toBe(false);
  });

  it('says when there is no manifest, and writes nowhere but into its folder', async () => {
    expect((await downloadResults(bucketOf({}), PLACE, folder)).problems).toEqual([`there is no ${RESULTS_MANIFEST}`]);

    const evil = { '../evil.json': 'evil' };
    const s3 = bucketOf({ [`${PLACE.key}${RESULTS_MANIFEST}`]: manifest(evil), [`${PLACE.key}../evil.json`]: 'evil' });
    await expect(downloadResults(s3, PLACE, folder)).rejects.toThrow('../evil.json');
    expect(existsSync(path.join(folder, '../evil.json'))).toBe(false);
  });
});
