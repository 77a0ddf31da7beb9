/** docs/job-spec.md from the job's JSON schema: every key with what it takes, its default and what it does. */

/** As much of JSON schema (draft 7) as zod writes for the job spec. */
export interface JsonSchema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: string[];
  anyOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
}

const INTRODUCTION = `# The job spec

What \`aws stepfunctions start-execution\` takes as input. \`name\` and \`command\` are required; everything else has a default. Unknown keys
and wrong values end the execution as \`InvalidJobSpec\` before anything is launched, all of them named at once. With
\`"$schema"\` naming [job.schema.json](../schema/job.schema.json), editors complete and check as you type. \`runctl plan job.json\` says what a job would
launch and cost.

This page is generated from the schema (\`npm run generate:schema\`).
`;

/** Markdown, one table for the spec's own keys and one for each section. */
export function jobReferenceText(schema: JsonSchema): string {
  const properties = Object.entries(schema.properties ?? {}).filter(([key]) => key !== '$schema');
  const sections = properties.filter(([, { properties: inner }]) => inner !== undefined);
  const own = properties.filter(([, { properties: inner }]) => inner === undefined);
  return [
    INTRODUCTION,
    table(own, '', schema.required ?? []),
    ...sections.map(
      ([key, section]) => `## ${key}\n\n${table(Object.entries(section.properties ?? {}), `${key}.`, [])}`,
    ),
  ].join('\n');
}

function table(keys: [string, JsonSchema][], prefix: string, required: string[]): string {
  const rows = keys.map(([key, schema]) => {
    const byDefault = required.includes(key) ? 'required' : `\`${JSON.stringify(schema.default)}\``;
    return `| \`${prefix}${key}\` | ${taken(schema)} | ${byDefault} | ${schema.description ?? ''} |`;
  });
  return `${['| key | takes | default | |', '|---|---|---|---|', ...rows].join('\n')}\n`;
}

function taken(schema: JsonSchema): string {
  if (schema.anyOf) return schema.anyOf.map(taken).join(' or ');
  if (schema.enum) return schema.enum.map((value) => `\`"${value}"\``).join(', ');
  if (schema.items) return `list of ${taken(schema.items)}`;
  if (schema.type === 'null') return '`null`';
  if (schema.type === 'object') return 'object of texts';
  if (schema.type === 'string') return 'text';
  return `${schema.type ?? 'anything'}${range(schema)}`;
}

function range({ minimum, exclusiveMinimum, maximum }: JsonSchema): string {
  const bounds = [
    ...(minimum === undefined ? [] : [`≥ ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`> ${exclusiveMinimum}`]),
    ...(maximum === undefined ? [] : [`≤ ${maximum}`]),
  ];
  return bounds.length === 0 ? '' : ` ${bounds.join(', ')}`;
}
