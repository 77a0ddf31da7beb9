/** Reads what `cdk synth` wrote: the one stack's template, and where its assets' files are. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Template, templateSchema } from './template';
import { TemplateError } from './template-error';

export interface Asset {
  /** File or folder in the assembly. */
  path: string;
  packaging: 'file' | 'zip';
  /** Where `cdk deploy` puts it; may contain ${AWS::AccountId} and ${AWS::Region}. */
  bucketName: string;
  objectKey: string;
}

export interface Assembly {
  stackName: string;
  template: Template;
  assets: readonly Asset[];
}

const manifestSchema = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      properties: z
        .object({ templateFile: z.string().optional(), stackName: z.string().optional(), file: z.string().optional() })
        .optional(),
    }),
  ),
});

const assetManifestSchema = z.object({
  files: z
    .record(
      z.string(),
      z.object({
        source: z.object({ path: z.string().optional(), packaging: z.enum(['file', 'zip']).default('file') }),
        destinations: z.record(z.string(), z.object({ bucketName: z.string(), objectKey: z.string() })),
      }),
    )
    .default({}),
});

/**
 * Assets that are made by a command only when they are published have no file yet and are left out.
 * @throws TemplateError when the folder holds no assembly, or one with several stacks.
 */
export function loadAssembly(assemblyDir: string): Assembly {
  const manifestPath = join(assemblyDir, 'manifest.json');
  if (!existsSync(manifestPath))
    throw new TemplateError(assemblyDir, 'no cloud assembly there; run `npm run synth` first');
  const artifacts = Object.entries(manifestSchema.parse(readJson(manifestPath)).artifacts);
  const stacks = artifacts.filter(([, { type }]) => type === 'aws:cloudformation:stack');
  const [stack] = stacks;
  if (!stack || stacks.length > 1) {
    throw new TemplateError(
      assemblyDir,
      `exactly one stack is needed, found ${stacks.map(([name]) => name).join(', ') || 'none'}`,
    );
  }
  const [stackId, { properties }] = stack;
  const assetFiles = artifacts.filter(([, { type }]) => type === 'cdk:asset-manifest');
  return {
    stackName: properties?.stackName ?? stackId,
    template: templateSchema.parse(readJson(join(assemblyDir, properties?.templateFile ?? `${stackId}.template.json`))),
    assets: assetFiles.flatMap(([, artifact]) => readAssets(assemblyDir, artifact.properties?.file ?? '')),
  };
}

function readAssets(assemblyDir: string, file: string): Asset[] {
  const { files } = assetManifestSchema.parse(readJson(join(assemblyDir, file)));
  return Object.values(files).flatMap(({ source, destinations }) => {
    const { path, packaging } = source;
    if (path === undefined) return [];
    return Object.values(destinations).map((destination) => ({
      ...destination,
      packaging,
      path: join(assemblyDir, path),
    }));
  });
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8')) as unknown;
}
