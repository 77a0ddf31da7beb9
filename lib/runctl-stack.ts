import {
  Annotations,
  CfnOutput,
  DefaultStackSynthesizer,
  type IStackSynthesizer,
  Stack,
  type StackProps,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { readContext } from './context';
import { TrainingControlPlane } from './training-control-plane';

/** The stack of `cdk deploy`: a control plane as the context says, and what its users need to know of it. */
export class RunctlStack extends Stack {
  readonly controlPlane: TrainingControlPlane;

  constructor(scope: Construct, id: string, props: StackProps = {}) {
    super(scope, id, {
      description: 'runctl: training jobs on EC2 spot',
      // The rule is a parameter that only an account with `cdk bootstrap` can resolve; the CDK CLI checks by itself.
      synthesizer: new DefaultStackSynthesizer({ generateBootstrapVersionRule: false }) as IStackSynthesizer,
      analyticsReporting: false,
      ...props,
    });
    // What the CDK makes depends on a role beside its policy, which refers to the role already.
    this.templateOptions.metadata = { 'cfn-lint': { config: { ignore_checks: ['W3005'] } } };
    const { props: settings, problems } = readContext(this.node);
    for (const problem of problems) Annotations.of(this).addError(problem);
    this.controlPlane = new TrainingControlPlane(this, 'ControlPlane', settings);
    this.#addOutputs();
  }

  #addOutputs(): void {
    const { stateMachine, storage, topic, logGroup, nodes, resultPlaces, imageRepositories, budgets } =
      this.controlPlane;
    const outputs = {
      StateMachineArn: [stateMachine.stateMachineArn, 'Start executions of it to train'],
      BucketName: [storage.bucket.bucketName, 'Code, data, checkpoints, logs, results'],
      TopicArn: [topic.topicArn, 'Subscribe to it to be told how sessions end'],
      TableName: [storage.table.tableName, 'Session records'],
      LogGroupName: [logGroup.logGroupName, 'Training logs, the first megabytes of each hour'],
      ResultPlaces: [resultPlaces, 'Where jobs may put results'],
      ImageRepositories: [JSON.stringify(imageRepositories), 'Repositories of ECR that jobs may have images in'],
      Budgets: [JSON.stringify(budgets), 'USD per month, by owner and by project'],
      DocumentName: [nodes.documentName, 'SSM document that starts the agent'],
      LaunchTemplateId: [nodes.launchTemplateId, 'How training instances are made'],
    } satisfies Record<string, [string, string]>;
    for (const [name, [value, description]] of Object.entries(outputs)) {
      new CfnOutput(this, name, { value, description });
    }
  }
}
