/** The CDK app: one stack, configured by the context in cdk.json. Needs neither credentials nor network to synthesize. */
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { RunctlStack } from '../lib';

const app = new App();
const stackName: unknown = app.node.tryGetContext('stackName');
new RunctlStack(app, typeof stackName === 'string' && stackName !== '' ? stackName : 'Runctl');
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
