/** Brings a session's results to this machine and checks each file against the manifest that the node wrote last. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { RESULTS_MANIFEST, resultsManifestSchema } from '../../core/checkpoints/results';
import { parseS3Uri, type S3Location } from '../../core/s3-layout';
import { readBytes, readJson } from './objects';

export interface Downloaded {
  files: string[];
  /** One per file that is not what the manifest says; empty when the results are whole. */
  problems: string[];
}

export async function downloadResults(s3: S3Client, results: S3Location, folder: string): Promise<Downloaded> {
  const found = await readJson(s3, results.bucket, `${results.key}${RESULTS_MANIFEST}`);
  if (found === undefined) return { files: [], problems: [`there is no ${RESULTS_MANIFEST}`] };
  const manifest = resultsManifestSchema.parse(found);
  const downloaded: Downloaded = { files: [], problems: [] };
  for (const { uri, path: name, sizeBytes, sha256 } of manifest.files) {
    const location = parseS3Uri(uri);
    const bytes = location && (await readBytes(s3, location.bucket, location.key));
    if (bytes?.length !== sizeBytes || createHash('sha256').update(bytes).digest('hex') !== sha256) {
      downloaded.problems.push(bytes ? `${name} differs from the manifest` : `${name} is missing`);
      continue;
    }
    await save(folder, name, bytes);
    downloaded.files.push(name);
  }
  return downloaded;
}

/** The manifest is a node's word: a name in it must not lead out of the folder. */
async function save(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const file = path.resolve(folder, name);
  if (!file.startsWith(path.resolve(folder) + path.sep)) throw new Error(`The results manifest names ${name}.`);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, bytes);
}
