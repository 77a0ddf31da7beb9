/** CDK app of the verification's own: an FIS experiment that interrupts a spot instance of the verification's jobs. */
import { App, CfnOutput, DefaultStackSynthesizer, type IStackSynthesizer, Stack } from 'aws-cdk-lib';
import { CfnExperimentTemplate } from 'aws-cdk-lib/aws-fis';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CREATED_BY, TAG } from '../../core/tags';
import { allow, arn } from '../../lib/grants';
import { FAULT_STACK, JOB_NAME } from './context';

export function createFaultApp(app = new App()): Stack {
  const synthesizer = new DefaultStackSynthesizer({ generateBootstrapVersionRule: false }) as IStackSynthesizer;
  const stack = new Stack(app, FAULT_STACK, { synthesizer, analyticsReporting: false });
  const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('fis.amazonaws.com') });
  role.addToPolicy(
    allow(['ec2:SendSpotInstanceInterruptions'], [arn('ec2', 'instance/*')], {
      StringEquals: { [`aws:ResourceTag/${TAG.createdBy}`]: CREATED_BY, [`aws:ResourceTag/${TAG.job}`]: JOB_NAME },
    }),
  );
  role.addToPolicy(allow(['ec2:DescribeInstances'], ['*']));
  const template = new CfnExperimentTemplate(stack, 'Interruption', {
    description: 'Interrupts one spot instance of a runctl verification job',
    roleArn: role.roleArn,
    stopConditions: [{ source: 'none' }],
    targets: {
      node: {
        resourceType: 'aws:ec2:spot-instance',
        resourceTags: { [TAG.createdBy]: CREATED_BY, [TAG.job]: JOB_NAME },
        filters: [{ path: 'State.Name', values: ['running'] }],
        selectionMode: 'COUNT(1)',
      },
    },
    actions: {
      interrupt: {
        actionId: 'aws:ec2:send-spot-instance-interruptions',
        // The notice at once, the interruption two minutes later, as EC2 does it.
        parameters: { durationBeforeInterruption: 'PT2M' },
        targets: { SpotInstances: 'node' },
      },
    },
    tags: { Name: FAULT_STACK },
  });
  // The experiment is refused when its role may not yet do what it is for.
  template.node.addDependency(role);
  new CfnOutput(stack, 'ExperimentTemplateId', { value: template.ref });
  return stack;
}

if (require.main === module) createFaultApp();
