/**
 * The plan: the job, resolved once by plan-job and then unchanged for the whole session, at sessions/<id>/plan.json.
 * The agent reads it; it has no secret in it.
 */
import { z } from 'zod';
import { jobSpecSchema } from '../job/job-spec';

export const architectureSchema = z.enum(['x86_64', 'arm64']);
export type Architecture = z.infer<typeof architectureSchema>;

/** One instance type that the job accepts, as resolved at plan time. */
export const instanceTypePlanSchema = z.object({
  instanceType: z.string(),
  architecture: architectureSchema,
  vcpus: z.number(),
  memoryMiB: z.number(),
  gpus: z.number(),
  amiId: z.string(),
  /** The image's own root device, e.g. /dev/xvda: another name would attach a second disk. */
  rootDeviceName: z.string(),
  /** The job's volumeGiB, or the image's own size if that is larger. */
  volumeGiB: z.number(),
  /** Lowest spot price over the zones at plan time, USD; null when unknown. */
  spotUsdPerHour: z.number().nullable(),
  /** USD; null when unknown. */
  onDemandUsdPerHour: z.number().nullable(),
});
export type InstanceTypePlan = z.infer<typeof instanceTypePlanSchema>;

export const planSchema = z.object({
  version: z.literal(1),
  sessionId: z.string(),
  /** ISO 8601. */
  plannedAt: z.string(),
  bucket: z.string(),
  /** Where results go: `s3://bucket/prefix/<session id>/`. */
  resultsUri: z.string(),
  job: jobSpecSchema,
  instanceTypes: z.array(instanceTypePlanSchema).min(1),
});
export type Plan = z.infer<typeof planSchema>;
