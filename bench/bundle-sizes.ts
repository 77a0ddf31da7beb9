/** Sizes of the functions' bundles as they are deployed, by the function's logical name. */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}), Metadata: z.unknown() }),
  ),
});
const codeSchema = z.object({ 'aws:asset:path': z.string() });

/** JavaScript without its source map, in bytes. */
export async function bundleSizes(assemblyDir: string): Promise<Map<string, number>> {
  const name = (await readdir(assemblyDir)).find((file) => file.endsWith('.template.json'));
  if (name === undefined) throw new Error(`There is no template in ${assemblyDir}.`);
  const { Resources } = templateSchema.parse(JSON.parse(await readFile(path.join(assemblyDir, name), 'utf8')));
  const sizes = new Map<string, number>();
  for (const [logicalId, { Type, Metadata }] of Object.entries(Resources)) {
    const code = codeSchema.safeParse(Metadata);
    if (Type !== 'AWS::Lambda::Function' || !code.success) continue;
    sizes.set(logicalId, await sizeOfCode(path.join(assemblyDir, code.data['aws:asset:path'])));
  }
  return sizes;
}

async function sizeOfCode(folder: string): Promise<number> {
  const files = (await readdir(folder)).filter((file) => /\.[cm]?js$/.test(file));
  const sizes = await Promise.all(files.map(async (file) => (await stat(path.join(folder, file))).size));
  return sizes.reduce((total, size) => total + size, 0);
}
