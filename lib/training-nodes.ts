/**
 * How a training instance is made: its role, the launch template, and the document that starts the agent on it.
 * The template names no disk: root devices differ by image, a fixed mapping would attach a second one; launch-nodes
 * sets the image's own root device, encrypted gp3, in each launch.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fn } from 'aws-cdk-lib';
import { CfnLaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import { CfnInstanceProfile, PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { TrainingNetwork } from './network';
import { type NodePolicyProps, nodePolicy } from './node-policy';
import { PROJECT_ROOT } from './project-root';
import { startDocument } from './start-document';

export interface TrainingNodesProps extends NodePolicyProps {
  readonly network: TrainingNetwork;
  readonly logGroupName: string;
}

export class TrainingNodes extends Construct {
  readonly role: Role;
  readonly launchTemplateId: string;
  readonly documentName: string;

  constructor(scope: Construct, id: string, props: TrainingNodesProps) {
    super(scope, id);
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
      description: 'runctl training instances',
      inlinePolicies: { Node: new PolicyDocument({ statements: nodePolicy(props) }) },
    });
    this.launchTemplateId = this.#createLaunchTemplate(props.network).ref;
    this.documentName = new CfnDocument(this, 'StartDocument', {
      documentType: 'Command',
      documentFormat: 'JSON',
      targetType: '/AWS::EC2::Instance',
      content: startDocument(props.logGroupName),
    }).ref;
  }

  #createLaunchTemplate({ assignPublicIp, securityGroupId }: TrainingNetwork): CfnLaunchTemplate {
    const profile = new CfnInstanceProfile(this, 'InstanceProfile', { roles: [this.role.roleName] });
    return new CfnLaunchTemplate(this, 'LaunchTemplate', {
      launchTemplateData: {
        iamInstanceProfile: { arn: profile.attrArn },
        instanceInitiatedShutdownBehavior: 'terminate',
        metadataOptions: {
          httpEndpoint: 'enabled',
          httpTokens: 'required',
          httpPutResponseHopLimit: 1,
          instanceMetadataTags: 'enabled',
        },
        networkInterfaces: [
          {
            deviceIndex: 0,
            associatePublicIpAddress: assignPublicIp,
            groups: [securityGroupId],
            deleteOnTermination: true,
          },
        ],
        userData: Fn.base64(readFileSync(join(PROJECT_ROOT, 'agent', 'bootstrap', 'user-data.sh'), 'utf8')),
      },
    });
  }
}
