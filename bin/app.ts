/** The CDK app: one stack, configured by the context in cdk.json. Needs neither credentials nor network to synthesize. */
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { RunctlStack } from '../lib';
import { readStackName } from '../lib/context';

const app = new App();
new RunctlStack(app, readStackName(app.node));
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
