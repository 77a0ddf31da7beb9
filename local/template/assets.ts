/** The stack's assets: where a resource finds the files, and the objects that a deployment would have put into S3. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import type { CallContext } from '../service';
import type { Asset } from './assembly';
import type { TemplateServices } from './resource-type';
import type { Template } from './template';
import { TemplateError } from './template-error';

export class TemplateAssets {
  readonly #assets: readonly Asset[];

  constructor(assets: readonly Asset[], { accountId, region }: Pick<CallContext, 'accountId' | 'region'>) {
    this.#assets = assets.map((asset) => ({
      ...asset,
      bucketName: asset.bucketName.replace(/\$\{AWS::(AccountId|Region)\}/g, (_, name: string) => {
        return name === 'Region' ? region : accountId;
      }),
    }));
  }

  /** @throws TemplateError when no such asset is in the assembly. */
  path(bucket: string, key: string, where: string): string {
    const asset = this.#assets.find(({ bucketName, objectKey }) => bucketName === bucket && objectKey === key);
    if (!asset) throw new TemplateError(where, `the assembly has no asset ${bucket}/${key}`);
    return asset.path;
  }

  /** Puts the objects into S3 that running code fetches: those that the template names other than as Lambda code. */
  async publish(template: Template, s3: TemplateServices['s3']): Promise<void> {
    const named = JSON.stringify(template, (key, value: unknown) => (key === 'Code' ? undefined : value));
    for (const { bucketName, objectKey, path, packaging } of this.#assets) {
      if (!named.includes(objectKey)) continue;
      s3.createBucket(bucketName, { eventBridge: false });
      await s3.putObject(bucketName, objectKey, packaging === 'zip' ? zipFolder(path) : readFileSync(path));
    }
  }
}

function zipFolder(folder: string): Uint8Array {
  const files: Zippable = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files[relative(folder, path)] = readFileSync(path);
  }
  return zipSync(files);
}
