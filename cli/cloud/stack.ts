/** What the stack deployed, by its CloudFormation outputs. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { z } from 'zod';
import { type Budgets, budgetsSchema } from '../../core/costs/budgets';
import { notFound } from '../cli-error';
import type { ClientConfig } from './client-config';

const outputsSchema = z.object({
  StateMachineArn: z.string(),
  BucketName: z.string(),
  TopicArn: z.string(),
  TableName: z.string(),
  LogGroupName: z.string(),
  /** `bucket/prefix/`, separated by commas. Stacks of earlier versions have none. */
  ResultPlaces: z.string().optional(),
  /** JSON. Stacks of earlier versions have none. */
  ImageRepositories: z
    .string()
    .default('[]')
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.array(z.string())),
  /** JSON. */
  Budgets: z
    .string()
    .default('{}')
    .transform((text): unknown => JSON.parse(text))
    .pipe(budgetsSchema),
});

export interface StackFound {
  stackName: string;
  /** As CloudFormation names it: CREATE_COMPLETE, … */
  status: string;
  stateMachineArn: string;
  bucket: string;
  topicArn: string;
  tableName: string;
  logGroup: string;
  /** Where jobs may put results: `bucket/prefix/`. */
  resultPlaces: string[];
  imageRepositories: string[];
  budgets: Budgets;
  region: string;
  accountId: string;
  partition: string;
}

/** @throws CliError when there is no such stack, or it is not one of runctl's. */
export async function findStack(client: ClientConfig, stackName: string): Promise<StackFound> {
  const stack = await describe(client, stackName);
  const entries = (stack?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey ?? '', OutputValue] as const);
  const parsed = outputsSchema.safeParse(Object.fromEntries(entries));
  if (!parsed.success) {
    throw notFound(
      `The stack ${stackName} is ${stack?.StackStatus ?? 'there'}, but has not the outputs of runctl.`,
      'Name the stack that `npx cdk deploy` made: --stack <name>. If it failed half-way, deploy it again.',
    );
  }
  const outputs = parsed.data;
  // arn:aws:states:us-east-1:123456789012:stateMachine:name
  const [, partition = 'aws', , region = '', accountId = ''] = outputs.StateMachineArn.split(':');
  return {
    stackName,
    status: stack?.StackStatus ?? 'unknown',
    stateMachineArn: outputs.StateMachineArn,
    bucket: outputs.BucketName,
    topicArn: outputs.TopicArn,
    tableName: outputs.TableName,
    logGroup: outputs.LogGroupName,
    resultPlaces: outputs.ResultPlaces?.split(',') ?? [`${outputs.BucketName}/results/`],
    imageRepositories: outputs.ImageRepositories,
    budgets: outputs.Budgets,
    ...{ region, accountId, partition },
  };
}

async function describe(client: ClientConfig, stackName: string) {
  const cloudformation = new CloudFormationClient(client);
  try {
    const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName: stackName }));
    return Stacks?.[0];
  } catch (error) {
    const isMissing =
      error instanceof Error && error.name === 'ValidationError' && error.message.includes('does not exist');
    if (!isMissing) throw error;
    const region = await cloudformation.config.region();
    throw notFound(
      `There is no stack ${stackName} in ${region}.`,
      'Deploy it (npx cdk deploy), or say where it is: --stack <name>, --region <region>, --profile <name>, --local.',
    );
  } finally {
    cloudformation.destroy();
  }
}
