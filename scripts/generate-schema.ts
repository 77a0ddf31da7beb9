/** Writes schema/job.schema.json, which editors check job files with, and docs/job-spec.md. Usage: npm run generate:schema */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { jobSpecSchema } from '../core/job/job-spec';
import { PROJECT_ROOT } from '../lib/project-root';
import { type JsonSchema, jobReferenceText } from './job-reference';

/** What is generated, by its path: the schema of what a user may write, and its reference for people. */
export function generatedFiles(): Map<string, string> {
  // Draft 7 is what the JSON language server of editors knows best.
  const schema = z.toJSONSchema(jobSpecSchema, { io: 'input', target: 'draft-7' });
  return new Map([
    [
      join(PROJECT_ROOT, 'schema', 'job.schema.json'),
      `${JSON.stringify({ ...schema, title: 'runctl job' }, null, 2)}\n`,
    ],
    [join(PROJECT_ROOT, 'docs', 'job-spec.md'), jobReferenceText(schema as JsonSchema)],
  ]);
}

if (require.main === module) {
  for (const [path, text] of generatedFiles()) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(path);
  }
}
