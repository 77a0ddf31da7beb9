/**
 * What outlives an execution: the bucket (plans, leases, status, checkpoints, logs, results) and the session table.
 * Both stay when the stack is deleted: they hold what training has produced.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { FINAL_PREFIX, STATUS_PREFIX } from '../core/s3-layout';
import { TABLE } from '../core/table';

const UNFINISHED_UPLOAD_DAYS = 3;
/** Of status and final objects, long after the session's record has taken them in. */
const STATUS_DAYS = 90;

export class Storage extends Construct {
  readonly bucket: Bucket;
  readonly table: Table;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.bucket = this.#createBucket();
    this.table = this.#createTable();
  }

  #createBucket(): Bucket {
    const bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        { id: 'unfinished-uploads', abortIncompleteMultipartUploadAfter: Duration.days(UNFINISHED_UPLOAD_DAYS) },
        { id: 'old-status', prefix: STATUS_PREFIX, expiration: Duration.days(STATUS_DAYS) },
        { id: 'old-final', prefix: FINAL_PREFIX, expiration: Duration.days(STATUS_DAYS) },
      ],
    });
    // Not `eventBridgeEnabled`: that is a custom resource, this is a property of the bucket.
    const resource = bucket.node.defaultChild as CfnBucket;
    resource.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
    return bucket;
  }

  #createTable(): Table {
    const table = new Table(this, 'Table', {
      partitionKey: { name: TABLE.partitionKey, type: AttributeType.STRING },
      sortKey: { name: TABLE.sortKey, type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: TABLE.timeToLive,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    table.addGlobalSecondaryIndex({
      indexName: TABLE.openIndex,
      partitionKey: { name: TABLE.openShard, type: AttributeType.STRING },
      sortKey: { name: TABLE.partitionKey, type: AttributeType.STRING },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    table.addGlobalSecondaryIndex({
      indexName: TABLE.keptIndex,
      partitionKey: { name: TABLE.keptShard, type: AttributeType.STRING },
      sortKey: { name: TABLE.retentionDueAt, type: AttributeType.STRING },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    return table;
  }
}
