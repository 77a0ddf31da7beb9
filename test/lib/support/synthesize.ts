import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { RunctlStack } from '../../../lib';
import { PROJECT_ROOT } from '../../../lib/project-root';

const CDK_JSON = JSON.parse(readFileSync(join(PROJECT_ROOT, 'cdk.json'), 'utf8')) as {
  context: Record<string, unknown>;
};

/** An app as bin/app.ts makes it. */
export function createApp(context: Record<string, unknown> = {}): { app: App; stack: RunctlStack } {
  const app = new App({ context: { ...CDK_JSON.context, ...context } });
  const stack = new RunctlStack(app, 'Runctl');
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, stack };
}

export interface CfnResourceJson {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
}

export function synthesize(context: Record<string, unknown> = {}): Template {
  return Template.fromStack(createApp(context).stack);
}

export function resourcesOf(template: Template): Record<string, CfnResourceJson> {
  return template.toJSON()['Resources'] as Record<string, CfnResourceJson>;
}
