/** The check-list, in order, and how it is gone through. */
import { checkAbort } from './check-abort';
import { checkDeploy } from './check-deploy';
import { checkDestroy } from './check-destroy';
import { checkInterruption } from './check-interruption';
import { checkTraining } from './check-training';
import { type Check, type CheckContext, FAULT_STACK, STACK } from './context';
import type { Tools } from './tools';

/** Between the first, which makes everything, and the last, which takes it away whatever happened. */
const MIDDLE: readonly Check[] = [checkTraining, checkInterruption, checkAbort];
export const CHECKS: readonly Check[] = [checkDeploy, ...MIDDLE, checkDestroy];

/** What would be done, and for how much. */
export function plan(): string[] {
  const usd = CHECKS.reduce((sum, { estimatedUsd }) => sum + estimatedUsd, 0);
  return [
    'This verifies runctl in your AWS account, with the credentials and the region that the AWS CLI has:',
    ...CHECKS.map(
      ({ title, does, estimatedUsd }, index) => `${index + 1}. ${title} (about $${estimatedUsd}): ${does}.`,
    ),
    `Together about $${usd.toFixed(2)} and an hour. Everything is in the stack ${STACK} and goes with it.`,
  ];
}

/**
 * Goes through the check-list, and prints what was seen. What was deployed is taken away again whatever happened.
 * Returns whether every check has passed.
 */
export async function verify(tools: Tools, run: string): Promise<boolean> {
  const context: CheckContext = {
    tools,
    run,
    deployed: { stateMachineArn: '', bucket: '', table: '', experimentTemplateId: '' },
  };
  const isDeployed = await pass(context, checkDeploy);
  if (!isDeployed) {
    tools.print(`Look in CloudFormation whether a part of ${STACK} or ${FAULT_STACK} is left, and delete it.`);
    return false;
  }
  let isPassed = true;
  for (const check of MIDDLE) isPassed = (await pass(context, check)) && isPassed;
  return (await pass(context, checkDestroy)) && isPassed;
}

async function pass(context: CheckContext, check: Check): Promise<boolean> {
  const { tools } = context;
  tools.print(`… ${check.title}`);
  try {
    const evidence = await check.run(context);
    tools.print(`✔ ${check.title}`);
    for (const line of evidence) tools.print(`    ${line}`);
    return true;
  } catch (error) {
    tools.print(`✘ ${check.title}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}
