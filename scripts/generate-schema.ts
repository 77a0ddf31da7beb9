/** Writes schema/job.schema.json, which editors check job files with. Usage: npm run generate:schema */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { jobSpecSchema } from '../core/job-spec';
import { PROJECT_ROOT } from '../lib/project-root';

/** Of the generated file. */
export const SCHEMA_PATH = join(PROJECT_ROOT, 'schema', 'job.schema.json');

/** The schema of what a user may write, as text. */
export function jobSchemaText(): string {
  // Draft 7 is what the JSON language server of editors knows best.
  const schema = z.toJSONSchema(jobSpecSchema, { io: 'input', target: 'draft-7' });
  return `${JSON.stringify({ ...schema, title: 'runctl job' }, null, 2)}\n`;
}

if (require.main === module) {
  mkdirSync(dirname(SCHEMA_PATH), { recursive: true });
  writeFileSync(SCHEMA_PATH, jobSchemaText());
  console.log(SCHEMA_PATH);
}
