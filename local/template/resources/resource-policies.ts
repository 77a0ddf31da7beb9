/** Policies of buckets, topics, queues and functions: who may use them, besides those whose role says so. */
import { z } from 'zod';
import { policyStatements } from '../../iam/policy';
import { nameFromArn, physicalName, type ResourceContext, resourceType } from '../resource-type';

type ToArn = (reference: string, context: ResourceContext) => string;

const resourcePolicy = (key: 'Bucket' | 'Topics' | 'Queues', toArn: ToArn) =>
  resourceType(
    z.strictObject({
      [key]: z.union([z.string(), z.array(z.string())]),
      PolicyDocument: z.record(z.string(), z.unknown()),
    }),
    (properties, context) => {
      const document = properties['PolicyDocument'] as Record<string, unknown>;
      policyStatements(document);
      for (const reference of [properties[key]].flat()) {
        context.iam.resourcePolicies.push({ arn: toArn(String(reference), context), document });
      }
      return { ref: physicalName(context) };
    },
  );

const permission = resourceType(
  z.strictObject({
    FunctionName: z.string(),
    Action: z.string(),
    Principal: z.string(),
    SourceArn: z.string().optional(),
    SourceAccount: z.string().optional(),
  }),
  ({ FunctionName, Action, Principal, SourceArn, SourceAccount }, context) => {
    const { region, accountId } = context;
    const arn = `arn:aws:lambda:${region}:${accountId}:function:${nameFromArn(FunctionName)}`;
    const isService = Principal.endsWith('.amazonaws.com');
    // Lambda keeps permissions as statements of the function's policy, in this form.
    const document = {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: Principal === '*' ? '*' : { [isService ? 'Service' : 'AWS']: Principal },
          Action,
          Resource: arn,
          Condition: {
            ...(SourceArn === undefined ? {} : { ArnLike: { 'AWS:SourceArn': SourceArn } }),
            ...(SourceAccount === undefined ? {} : { StringEquals: { 'AWS:SourceAccount': SourceAccount } }),
          },
        },
      ],
    };
    policyStatements(document);
    context.iam.resourcePolicies.push({ arn, document });
    return { ref: physicalName(context) };
  },
);

export const resourcePolicyTypes = {
  'AWS::S3::BucketPolicy': resourcePolicy('Bucket', (name) => `arn:aws:s3:::${name}`),
  'AWS::SNS::TopicPolicy': resourcePolicy('Topics', (arn) => arn),
  'AWS::SQS::QueuePolicy': resourcePolicy(
    'Queues',
    (url, { region, accountId }) => `arn:aws:sqs:${region}:${accountId}:${url.split('/').at(-1)}`,
  ),
  'AWS::Lambda::Permission': permission,
};
