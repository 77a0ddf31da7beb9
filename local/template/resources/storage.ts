import { z } from 'zod';
import { boolean, physicalName, type ResourceContext, resourceType, withoutEffect } from '../resource-type';

const bucket = resourceType(
  z.strictObject({
    BucketName: z.string().optional(),
    NotificationConfiguration: z
      .strictObject({
        EventBridgeConfiguration: z.strictObject({ EventBridgeEnabled: boolean.default(true) }).optional(),
      })
      .optional(),
    BucketEncryption: withoutEffect,
    CorsConfiguration: withoutEffect,
    LifecycleConfiguration: withoutEffect,
    OwnershipControls: withoutEffect,
    PublicAccessBlockConfiguration: withoutEffect,
    VersioningConfiguration: withoutEffect,
    Tags: withoutEffect,
  }),
  (properties, context) => {
    const name = properties.BucketName ?? physicalName(context, { maxLength: 63, lower: true });
    const eventBridge = properties.NotificationConfiguration?.EventBridgeConfiguration?.EventBridgeEnabled ?? false;
    context.s3.createBucket(name, { eventBridge });
    const attributes = {
      Arn: `arn:aws:s3:::${name}`,
      DomainName: `${name}.s3.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${context.region}.amazonaws.com`,
    };
    return { ref: name, attributes };
  },
);

const keySchema = z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.string() }));
const projection = z.strictObject({ ProjectionType: z.string(), NonKeyAttributes: z.array(z.string()).optional() });
const index = z.strictObject({
  IndexName: z.string(),
  KeySchema: keySchema,
  Projection: projection,
  ContributorInsightsSpecification: withoutEffect,
});

const tableProperties = {
  TableName: z.string().optional(),
  AttributeDefinitions: z.array(z.strictObject({ AttributeName: z.string(), AttributeType: z.string() })),
  KeySchema: keySchema,
  // Capacity is not limited here, whatever was provisioned.
  BillingMode: withoutEffect,
  GlobalSecondaryIndexes: z.array(index).optional(),
  LocalSecondaryIndexes: z.array(index).optional(),
  SSESpecification: withoutEffect,
  TimeToLiveSpecification: withoutEffect,
};

type TableProperties = z.infer<z.ZodObject<typeof tableProperties>>;

const table = resourceType(
  z.strictObject({
    ...tableProperties,
    DeletionProtectionEnabled: withoutEffect,
    PointInTimeRecoverySpecification: withoutEffect,
    ProvisionedThroughput: withoutEffect,
    Tags: withoutEffect,
  }),
  createTable,
);

/** What CDK's TableV2 makes; here it has the one replica of this region. */
const globalTable = resourceType(
  z.strictObject({
    ...tableProperties,
    Replicas: z
      .array(
        z.strictObject({
          Region: z.string(),
          ContributorInsightsSpecification: withoutEffect,
          DeletionProtectionEnabled: withoutEffect,
          GlobalSecondaryIndexes: withoutEffect,
          PointInTimeRecoverySpecification: withoutEffect,
          SSESpecification: withoutEffect,
          TableClass: withoutEffect,
          Tags: withoutEffect,
        }),
      )
      .length(1, 'only one replica is supported'),
    WriteOnDemandThroughputSettings: withoutEffect,
    WriteProvisionedThroughputSettings: withoutEffect,
  }),
  createTable,
);

async function createTable(properties: TableProperties, context: ResourceContext) {
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, LocalSecondaryIndexes } = properties;
  const TableName = properties.TableName ?? physicalName(context, { maxLength: 255 });
  await context.dynamodb.createTable({
    TableName,
    AttributeDefinitions,
    KeySchema,
    BillingMode: 'PAY_PER_REQUEST',
    ...(GlobalSecondaryIndexes ? { GlobalSecondaryIndexes } : {}),
    ...(LocalSecondaryIndexes ? { LocalSecondaryIndexes } : {}),
  });
  const arn = `arn:aws:dynamodb:${context.region}:${context.accountId}:table/${TableName}`;
  return { ref: TableName, attributes: { Arn: arn, TableId: TableName } };
}

export const storageTypes = {
  'AWS::S3::Bucket': bucket,
  'AWS::DynamoDB::Table': table,
  'AWS::DynamoDB::GlobalTable': globalTable,
};
