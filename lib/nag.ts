/**
 * Findings of cdk-nag's AwsSolutions rules that are accepted, each for a reason. A wildcard in a policy that no reason
 * covers stays a finding, and fails synth.
 */
import { Validations } from 'aws-cdk-lib';
import { CfnPolicy, CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { rules } from 'cdk-nag';
import type { IConstruct } from 'constructs';

/** Wildcards in policies by what cdk-nag calls them: `Resource::<arn>`, tokens in angle brackets. */
const WILDCARD_REASONS: readonly (readonly [RegExp, string])[] = [
  [/^Resource::\*$/, 'Only for actions that know no resource; test/lib/iam.test.ts lists each of them.'],
  [/:ec2:.*:(instance|volume|fleet)\/\*$/, 'Ids are not known before the launch; bound by the tag CreatedBy=runctl.'],
  [/:ec2:.*:(network-interface|spot-instances-request)\/\*$/, 'Made by the launch, which cannot tag them in the call.'],
  [/:ec2:.*:placement-group\/\*$/, 'A job may name any placement group of the account.'],
  [/:ec2:<AWS::Region>::(image|snapshot)\/\*$/, 'A job may name any machine image that the account may use.'],
  [
    /:s3:::.*\/(sessions|status|final|reports)\/\*$/,
    'Objects of all sessions and days, below the prefix of their kind.',
  ],
  [/:s3:::.*\/nodes\/<aws:userid>\/(checkpoints\/)?\*$/, 'A node’s own objects: the policy variable is its user id.'],
  [/:s3:::.*\/nodes\/\*\/checkpoints\/\*(\/manifest\.json)?$/, 'Checkpoints of all nodes: retention ends them.'],
  [/:s3:::.*\*$/, 'The stack’s bucket, one trust domain for reading, and what the deployer named besides.'],
  [/:ssm:<AWS::Region>::parameter\/aws\/service\/\*$/, 'Public parameters of AWS that name current machine images.'],
  [/:ssm:.*:parameter\/.+\/\*$/, 'Parameters that jobs may use, below the configured prefix.'],
  [/:secretsmanager:.*:secret:.+\/\*$/, 'Secrets that jobs may use, below the configured prefix.'],
  [/:logs:.*:log-group:.*:\*$/, 'Streams of the one log group.'],
  [/:servicequotas:.*:ec2\/\*$/, 'Quotas of EC2 instance families, read only.'],
  [/:states:.*:execution:.*:\*$/, 'Executions of the one state machine.'],
];

/** The control plane, as far as it is accepted. */
interface Accepted extends IConstruct {
  readonly storage: { readonly bucket: IConstruct };
  readonly network: { readonly vpc?: IConstruct | undefined };
}

/** Accepts what is accepted in everything below the control plane. */
export function acknowledgeNag({ node, storage, network }: Accepted): void {
  Validations.of(storage.bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason: 'Access logs need a second bucket and cost per request; CloudTrail data events do it where it is wanted.',
  });
  if (network.vpc) {
    Validations.of(network.vpc).acknowledge({
      id: 'AwsSolutions-VPC7',
      reason: 'Flow logs are billed by traffic, and training moves data sets; nothing can connect to the instances.',
    });
  }
  for (const construct of node.findAll()) {
    if (construct instanceof CfnStateMachine) acknowledgeMachine(construct);
    if (construct instanceof CfnPolicy || construct instanceof CfnRole) acknowledgeWildcards(construct);
  }
}

function acknowledgeMachine(machine: CfnStateMachine): void {
  Validations.of(machine).acknowledge(
    { id: 'AwsSolutions-SF1', reason: 'The execution history has every event for 90 days; errors are logged.' },
    { id: 'AwsSolutions-SF2', reason: 'Traces are billed; the tracing setting turns them on.' },
  );
}

function acknowledgeWildcards(policy: CfnPolicy | CfnRole): void {
  const findings = rules.iam.IAMNoWildcardPermissions(policy);
  if (!Array.isArray(findings)) return;
  for (const finding of findings) {
    const [, reason] = WILDCARD_REASONS.find(([pattern]) => pattern.test(finding)) ?? [];
    if (reason !== undefined) Validations.of(policy).acknowledge({ id: `AwsSolutions-IAM5[${finding}]`, reason });
  }
}
