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

interface AppWithStack {
  app: App;
  stack: RunctlStack;
}

/** An app as bin/app.ts makes it. */
export function createApp(context: Record<string, unknown> = {}): AppWithStack {
  const made = createUncheckedApp(context);
  Validations.of(made.app).addPlugins(new AwsSolutionsChecks(made.app));
  return made;
}

function createUncheckedApp(context: Record<string, unknown>, outdir?: string): AppWithStack {
  const app = new App({
    context: { ...CDK_JSON.context, ...context },
    ...(outdir === undefined ? {} : { outdir }),
  });
  return { app, stack: new RunctlStack(app, 'Runctl') };
}

export interface CfnResourceJson {
  Type: string;
  Properties: Record<string, unknown>;
}

/** The template alone, without synth's own checks: they take seconds, and have a test of their own. */
export function synthesize(context: Record<string, unknown> = {}): Template {
  return withoutChecks(() => Template.fromStack(createUncheckedApp(context).stack));
}

/** Writes an assembly that the local cloud can start from. */
export function assemble(outdir: string, context: Record<string, unknown>): void {
  withoutChecks(() => createUncheckedApp(context, outdir).app.synth());
}

function withoutChecks<T>(run: () => T): T {
  const { CDK_VALIDATION: before } = process.env;
  process.env['CDK_VALIDATION'] = 'false';
  try {
    return run();
  } finally {
    if (before === undefined) delete process.env['CDK_VALIDATION'];
    else process.env['CDK_VALIDATION'] = before;
  }
}

export function resourcesOf(template: Template): Record<string, CfnResourceJson> {
  return template.toJSON()['Resources'] as Record<string, CfnResourceJson>;
}
