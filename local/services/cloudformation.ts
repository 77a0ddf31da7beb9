/** CloudFormation: tells what the one stack is that this local cloud was started from. It makes and changes none. */
import type {
  DescribeStacksInput,
  DescribeStacksOutput,
  ListStackResourcesInput,
  ListStackResourcesOutput,
  Stack,
} from '@aws-sdk/client-cloudformation';
import { AwsError, type Service } from '../service';
import type { LoadedStack } from '../template/load-template';
import { pagesOf } from './pages';
import { supporting } from './supporting';

export interface LocalStack extends LoadedStack {
  stackName: string;
  stackId: string;
  /** When it was loaded, on the local cloud's clock. */
  createdAt: Date;
  description: string | undefined;
  /** By name, as the template has them. */
  outputDescriptions: Readonly<Record<string, string | undefined>>;
}

const RESOURCES_A_PAGE = 100;

const paged = pagesOf(() => new AwsError('ValidationError', 'NextToken is not one of this list.'), RESOURCES_A_PAGE);

/** `stack` gives undefined until the template is loaded: nothing exists before. */
export function createCloudformation({ stack }: { stack: () => LocalStack | undefined }): Service {
  const op = supporting('cloudformation');
  /** By name or id. @throws AwsError ValidationError, as AWS answers for a stack that does not exist. */
  const find = (nameOrId: string | undefined): LocalStack => {
    const found = stack();
    if (found && (nameOrId === found.stackName || nameOrId === found.stackId)) return found;
    throw new AwsError('ValidationError', `Stack with id ${nameOrId} does not exist`);
  };
  return {
    id: 'cloudformation',
    operations: {
      DescribeStacks: op('StackName NextToken', async (input: DescribeStacksInput): Promise<DescribeStacksOutput> => {
        const loaded = stack();
        if (input.StackName !== undefined) return { Stacks: [describeStack(find(input.StackName))] };
        return { Stacks: loaded ? [describeStack(loaded)] : [] };
      }),
      ListStackResources: op(
        'StackName NextToken',
        async ({ StackName, NextToken }: ListStackResourcesInput): Promise<ListStackResourcesOutput> => {
          const { items, NextToken: next } = paged(resourcesOf(find(StackName)), { NextToken });
          return { StackResourceSummaries: items, ...(next === undefined ? {} : { NextToken: next }) };
        },
      ),
    },
  };
}

function describeStack(stack: LocalStack): Stack {
  const { stackName, stackId, createdAt, description, outputs, outputDescriptions } = stack;
  return {
    StackName: stackName,
    StackId: stackId,
    CreationTime: createdAt,
    StackStatus: 'CREATE_COMPLETE',
    ...(description === undefined ? {} : { Description: description }),
    Outputs: Object.entries(outputs).map(([OutputKey, OutputValue]) => {
      const told = outputDescriptions[OutputKey];
      return { OutputKey, OutputValue, ...(told === undefined ? {} : { Description: told }) };
    }),
  };
}

function resourcesOf({ resources, createdAt }: LocalStack) {
  return [...resources].map(([LogicalResourceId, { ref, type }]) => ({
    LogicalResourceId,
    PhysicalResourceId: ref,
    ResourceType: type,
    LastUpdatedTimestamp: createdAt,
    ResourceStatus: 'CREATE_COMPLETE' as const,
  }));
}
