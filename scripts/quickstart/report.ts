/** What is said when the job has ended. Pure: texts from facts. */
import { createColors } from 'picocolors';
import type { Receipt } from '../../core/costs/receipt';
import { receiptLines } from '../../core/costs/receipt-text';
import type { Check } from './checks';

export interface Report {
  checks: readonly Check[];
  receipt: Receipt | null;
  /** As the user would type it. */
  resultsDir: string;
  evidence: { results: { files: readonly string[] } };
  seconds: number;
}

/** The README's own commands: a test holds the two against each other. */
export const AWS_COMMANDS = [
  'npx cdk bootstrap',
  'npx cdk deploy --outputs-file outputs.json',
  `STATE_MACHINE=$(node -p "require('./outputs.json').Runctl.StateMachineArn")`,
  `BUCKET=$(node -p "require('./outputs.json').Runctl.BucketName")`,
  'tar -czf code.tar.gz -C examples/digits train.py',
  'aws s3 cp code.tar.gz "s3://$BUCKET/examples/digits/code.tar.gz"',
  'aws s3 cp examples/digits/digits.csv.gz "s3://$BUCKET/examples/digits/data/digits.csv.gz"',
  'sed "s/BUCKET/$BUCKET/" examples/digits/job.json > digits-job.json',
  'SESSION="digits-$(date +%Y%m%d-%H%M%S)"',
  'EXECUTION=$(aws stepfunctions start-execution --state-machine-arn "$STATE_MACHINE" --name "$SESSION" --input file://digits-job.json --query executionArn --output text)',
];

export function report({ checks, receipt, resultsDir, evidence, seconds }: Report, color: boolean): string[] {
  const { files } = evidence.results;
  const paint = createColors(color);
  const held = checks.every(({ isOk }) => isOk);
  return [
    '',
    paint.bold('Results'),
    `  ${resultsDir}: ${files.length === 0 ? 'none' : files.join(', ')}`,
    ...(receipt === null
      ? []
      : [
          '',
          paint.bold('Receipt, at the prices of the local cloud'),
          ...receiptLines(receipt).map((line) => `  ${line}`),
        ]),
    '',
    paint.bold('Checks'),
    ...checks.map(({ isOk, text }) => `  ${isOk ? paint.green('✓') : paint.red('✗')} ${text}`),
    '',
    paint.bold('The same on AWS (README, "On AWS")'),
    ...AWS_COMMANDS.map((command) => `  ${command}`),
    '',
    held
      ? paint.green(`Everything held, in ${seconds.toFixed(1)} s.`)
      : paint.red(`Not everything held: see the checks marked ✗ (${seconds.toFixed(1)} s).`),
  ];
}
