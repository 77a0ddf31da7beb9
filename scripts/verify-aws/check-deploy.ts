import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type Check, FAULT_STACK, STACK } from './context';

const identitySchema = z.object({ Account: z.string(), Arn: z.string() });
const outputsSchema = z.object({
  [STACK]: z.object({ StateMachineArn: z.string(), BucketName: z.string(), TableName: z.string() }),
  [FAULT_STACK]: z.object({ ExperimentTemplateId: z.string() }),
});

const CDK = ['--no-install', 'cdk'] as const;
/** The CDK app with the FIS experiment, besides the project's own. */
export const FAULT_APP = ['--app', 'npx tsx scripts/verify-aws/fault-app.ts', '--output', 'build/verify-aws'] as const;
export const STACK_CONTEXT = ['--context', `stackName=${STACK}`] as const;

export const checkDeploy: Check = {
  id: 'deploy',
  title: 'The stack deploys',
  does: `deploys ${STACK} and ${FAULT_STACK} (an FIS experiment and its role) with the CDK; needs \`npx cdk bootstrap\` before`,
  estimatedUsd: 0.01,
  async run(context) {
    const { tools } = context;
    const identity = identitySchema.parse(await tools.aws('sts', 'get-caller-identity'));
    const folder = mkdtempSync(join(tmpdir(), 'runctl-verify-'));
    try {
      const [own, fault] = [join(folder, 'own.json'), join(folder, 'fault.json')];
      const common = ['--require-approval', 'never', '--outputs-file'];
      await tools.run('npx', ...CDK, 'deploy', ...STACK_CONTEXT, ...common, own);
      await tools.run('npx', ...CDK, 'deploy', ...FAULT_APP, ...common, fault);
      const read = (file: string): object => JSON.parse(readFileSync(file, 'utf8'));
      const outputs = outputsSchema.parse({ ...read(own), ...read(fault) });
      context.deployed = {
        stateMachineArn: outputs[STACK].StateMachineArn,
        bucket: outputs[STACK].BucketName,
        table: outputs[STACK].TableName,
        experimentTemplateId: outputs[FAULT_STACK].ExperimentTemplateId,
      };
    } finally {
      rmSync(folder, { recursive: true });
    }
    return [`account ${identity.Account}, as ${identity.Arn}`, JSON.stringify(context.deployed)];
  },
};
