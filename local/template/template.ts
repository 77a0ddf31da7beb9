/** What the loader reads of a CloudFormation template. */
import { z } from 'zod';

const resource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DependsOn: z
    .union([z.string(), z.array(z.string())])
    .default([])
    .transform((given) => (typeof given === 'string' ? [given] : given)),
  Condition: z.string().optional(),
});

const parameter = z.object({
  Type: z.string(),
  Default: z.union([z.string(), z.number()]).transform(String).optional(),
});

const output = z.object({
  Value: z.unknown(),
  Condition: z.string().optional(),
  Description: z.string().optional(),
});

export const templateSchema = z.object({
  Description: z.string().optional(),
  Parameters: z.record(z.string(), parameter).default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Resources: z.record(z.string(), resource),
  Outputs: z.record(z.string(), output).default({}),
});

export type Template = z.infer<typeof templateSchema>;
export type TemplateResource = z.infer<typeof resource>;
