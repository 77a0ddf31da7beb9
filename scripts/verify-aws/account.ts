/** Questions to the account, by the AWS CLI; answers are parsed, not trusted. */
import { z } from 'zod';
import { finalStatusSchema, nodeStatusSchema } from '../../core/node/node-status';
import { FINAL_PREFIX, STATUS_PREFIX } from '../../core/s3-layout';
import { CREATED_BY, TAG } from '../../core/tags';
import type { Tools } from './tools';

const instanceSchema = z.object({
  InstanceId: z.string(),
  InstanceType: z.string(),
  InstanceLifecycle: z.string().optional(),
  State: z.object({ Name: z.string() }),
  StateReason: z.object({ Code: z.string() }).optional(),
  MetadataOptions: z.object({ HttpTokens: z.string().optional() }).optional(),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).default([]),
});
export type Instance = z.infer<typeof instanceSchema>;

const reservationsSchema = z.object({ Reservations: z.array(z.object({ Instances: z.array(instanceSchema) })) });
const volumesSchema = z.object({ Volumes: z.array(z.object({ VolumeId: z.string(), Encrypted: z.boolean() })) });
const executionSchema = z.object({
  status: z.string(),
  error: z.string().optional(),
  cause: z.string().optional(),
  output: z.string().optional(),
});
export type Execution = z.infer<typeof executionSchema>;
const objectsSchema = z
  .object({ Contents: z.array(z.object({ Key: z.string(), Size: z.number() })).default([]) })
  .default({ Contents: [] });

/** Instances of one session, or all of runctl's, terminated ones too as long as EC2 shows them. */
export async function instances({ aws }: Tools, sessionId?: string): Promise<Instance[]> {
  const filters = [`Name=tag:${TAG.createdBy},Values=${CREATED_BY}`];
  if (sessionId !== undefined) filters.push(`Name=tag:${TAG.sessionId},Values=${sessionId}`);
  const answer = reservationsSchema.parse(await aws('ec2', 'describe-instances', '--filters', ...filters));
  return answer.Reservations.flatMap(({ Instances }) => Instances);
}

export async function volumes({ aws }: Tools, sessionId?: string) {
  const filters = [`Name=tag:${TAG.createdBy},Values=${CREATED_BY}`];
  if (sessionId !== undefined) filters.push(`Name=tag:${TAG.sessionId},Values=${sessionId}`);
  return volumesSchema.parse(await aws('ec2', 'describe-volumes', '--filters', ...filters)).Volumes;
}

export async function execution({ aws }: Tools, executionArn: string): Promise<Execution> {
  return executionSchema.parse(await aws('stepfunctions', 'describe-execution', '--execution-arn', executionArn));
}

export async function objects({ aws }: Tools, bucket: string, prefix: string) {
  return objectsSchema.parse(await aws('s3api', 'list-objects-v2', '--bucket', bucket, '--prefix', prefix)).Contents;
}

/** What an instance says of itself while it runs; undefined before its first word. */
export async function status(tools: Tools, bucket: string, instanceId: string) {
  const text = await reportOf(tools, bucket, STATUS_PREFIX, instanceId);
  return text === undefined ? undefined : nodeStatusSchema.parse(text);
}

/** An instance's last word. */
export async function finalStatus(tools: Tools, bucket: string, instanceId: string) {
  const text = await reportOf(tools, bucket, FINAL_PREFIX, instanceId);
  return text === undefined ? undefined : finalStatusSchema.parse(text);
}

/** Keys are `<prefix><role id>:<instance id>.json`. */
async function reportOf(tools: Tools, bucket: string, prefix: string, instanceId: string): Promise<unknown> {
  const found = (await objects(tools, bucket, prefix)).find(({ Key: key }) => key.endsWith(`:${instanceId}.json`));
  return found === undefined ? undefined : tools.aws('s3', 'cp', `s3://${bucket}/${found.Key}`, '-');
}
