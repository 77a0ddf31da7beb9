/** Why something is granted that no test uses. A reason for something that is used is an error, too. */
import type { Reason } from './judge';

export const REASONS: readonly Reason[] = [
  {
    actions: ['CreateLogDelivery', 'DeleteLogDelivery', 'GetLogDelivery', 'ListLogDeliveries', 'UpdateLogDelivery']
      .concat('DescribeLogGroups', 'DescribeResourcePolicies', 'PutResourcePolicy')
      .map((name) => `logs:${name}`),
    unusedBy: 'everybody',
    because: 'Step Functions sets up the log of the state machine by them; the local cloud keeps no such log.',
  },
  {
    actions: ['AcknowledgeMessage', 'DeleteMessage', 'FailMessage', 'GetEndpoint', 'GetMessages', 'SendReply'].map(
      (name) => `ec2messages:${name}`,
    ),
    unusedBy: 'everybody',
    because:
      'SSM’s agent takes commands this way where it cannot open a control channel; on the local cloud it always can.',
  },
  {
    actions: ['ssmmessages:CreateDataChannel', 'ssmmessages:OpenDataChannel'],
    unusedBy: 'everybody',
    because: 'For Session Manager: whoever is let may look at a node by hand, without a key or an open port.',
  },
  {
    actions: ['ec2:RunInstances'],
    resource: /:(spot-instances-request|snapshot)\/\*$/,
    unusedBy: 'everybody',
    because:
      'EC2’s reference names them for Spot requests that are tagged and for disks made of a snapshot. That launches of every image do without was not tried on AWS.',
  },
  {
    actions: ['s3:ListMultipartUploadParts', 's3:AbortMultipartUpload'],
    unusedBy: 'sometimes',
    because:
      'An upload that fails half way is gone on with or called off; tests break them against the local S3, a story only by chance.',
  },
  {
    actions: ['sqs:SendMessage'],
    unusedBy: 'sometimes',
    because: 'Lambda writes there what a function failed on for good; not every function does in a test.',
  },
  {
    actions: ['s3:GetObject'],
    resource: /^arn:aws:s3:::cdk-/,
    unusedBy: 'sometimes',
    because:
      'Links to Node.js are signed for the instance’s architecture, which fetches them; hosts of the local cloud have Node.js.',
  },
  {
    actions: [
      ...['SendTaskSuccess', 'SendTaskFailure', 'SendTaskHeartbeat'].map((name) => `states:${name}`),
      ...['ec2:DescribeInstances', 'ec2:TerminateInstances', 'sns:Publish', 's3:PutObject'],
    ],
    roles: /(HandleEvent|Reconcile|StartTraining|ReleaseNodes|TrackCosts)Role/,
    unusedBy: 'sometimes',
    because:
      'Each function that decides may have to do whatever a decision asks for (core/decide/actions.ts); who does it is chance.',
  },
  {
    actions: ['states:StartExecution'],
    roles: /(HandleEvent|Reconcile)Role/,
    unusedBy: 'sometimes',
    because: 'Whichever of the two sees first that EC2 recommends to leave an instance has another one made ready.',
  },
  {
    actions: ['ec2:DescribeInstances', 'ec2:TerminateInstances'],
    roles: /LaunchNodesRole/,
    unusedBy: 'sometimes',
    because: 'What was launched in vain is ended: fewer than asked for, or for a session that was stopped meanwhile.',
  },
  {
    actions: ['s3:GetObject'],
    roles: /StartTrainingRole/,
    resource: /\/(status|final)\/\*$/,
    unusedBy: 'sometimes',
    because: 'Of a node that ended before it was started, its last word is read; seldom does one.',
  },
  {
    actions: ['s3:ListBucket'],
    roles: /(PlanJob|LaunchNodes|StartTraining|HandleEvent|Reconcile|CollectResults)Role/,
    unusedBy: 'sometimes',
    because: 'Without it S3 would say "denied" for what is not there; not every function meets that in a test.',
  },
  {
    actions: ['dynamodb:Query'],
    roles: /PlanJobRole/,
    unusedBy: 'everybody',
    because: 'plan-job reads the ledger only in a stack with budgets; the stack of the stories has none.',
  },
  {
    actions: ['pricing:GetProducts', 'ec2:DescribeSpotPriceHistory'],
    roles: /(PlanJob|LaunchNodes|TrackCosts|ReapZombies)Role/,
    unusedBy: 'sometimes',
    because: 'Prices are kept for a while: whichever function asks first asks for the others, too.',
  },
];
