/** One transfer of the agent's in a process of its own, as others' are: `down <s3 uri> <folder>` or `up <folder> <s3 uri>`. */
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { S3ObjectStore } from '../../agent/adapters/s3-object-store';
import { systemClock } from '../../agent/adapters/system-clock';
import { inParallel } from '../../agent/parallel';
import { stageData } from '../../agent/stage-in';
import { freeBytesAt } from '../../agent/staging/free-space';
import { parseS3Uri, type S3Location } from '../../core/s3-layout';

async function main([direction, from = '', to = '']: string[]): Promise<void> {
  const s3 = new S3Client({ forcePathStyle: true, responseChecksumValidation: 'WHEN_REQUIRED' });
  const store = new S3ObjectStore(s3, Date.now);
  if (direction === 'up') return upload(store, from, parseS3Uri(to) as S3Location);
  mkdirSync(to, { recursive: true });
  await stageData(from, to, {
    clock: systemClock,
    log: (line) => console.error(line),
    store,
    signal: new AbortController().signal,
    freeBytes: freeBytesAt,
    volumeGiB: 100,
    partials: `${to}.partials`,
    onBegin: () => {},
  });
}

/** As the checkpoint uploader does. */
async function upload(store: S3ObjectStore, folder: string, { bucket, key }: S3Location): Promise<void> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  await inParallel(names, 16, async ({ parentPath, name }) => {
    const file = path.join(parentPath, name);
    await store.upload(file, { bucket, key: `${key}${path.relative(folder, file)}` });
  });
}

void main(process.argv.slice(2));
