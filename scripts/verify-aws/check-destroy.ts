import { instances, volumes } from './account';
import { FAULT_APP, STACK_CONTEXT } from './check-deploy';
import { type Check, type CheckContext, expect, STACK } from './context';
import { waitFor } from './tools';

export const checkDestroy: Check = {
  id: 'destroy',
  title: 'Nothing is left',
  does: `ends what still runs, destroys both stacks, deletes the bucket and the table that ${STACK} retains`,
  estimatedUsd: 0,
  async run(context) {
    const { tools, deployed } = context;
    await endExecutions(context);
    const what = 'the end of all instances';
    await waitFor(tools, { what, everySeconds: 15, atMostMinutes: 15 }, async () => {
      const left = (await ofThisRun(context)).filter(({ State }) => State.Name !== 'terminated');
      return left.length === 0 ? true : undefined;
    });
    await tools.run('npx', '--no-install', 'cdk', 'destroy', '--force', ...FAULT_APP);
    await tools.run('npx', '--no-install', 'cdk', 'destroy', '--force', ...STACK_CONTEXT);
    await tools.run('aws', 's3', 'rb', '--force', `s3://${deployed.bucket}`);
    await tools.run('aws', 'dynamodb', 'delete-table', '--table-name', deployed.table);
    const disks = (await volumes(tools)).map(({ VolumeId }) => VolumeId);
    const nodes = await ofThisRun(context);
    expect(
      nodes.every(({ State }) => State.Name === 'terminated'),
      'an instance is left',
    );
    return [
      `instances: ${nodes.map(({ InstanceId, State }) => `${InstanceId} ${State.Name}`).join(', ')}`,
      `volumes with the tag CreatedBy=runctl: ${disks.join(', ') || 'none'}`,
      `stacks destroyed, ${deployed.bucket} and ${deployed.table} deleted`,
    ];
  },
};

/** Instances of this verification, not of another stack of runctl's in the account. */
async function ofThisRun({ tools, run }: CheckContext) {
  const isOurs = ({ Tags }: { Tags: { Key: string; Value: string }[] }) =>
    Tags.some(({ Key, Value }) => Key === 'SessionId' && Value.startsWith(run));
  return (await instances(tools)).filter(isOurs);
}

/** A check that failed may have left an execution: its nodes drain behind it. */
async function endExecutions({ tools, deployed }: CheckContext): Promise<void> {
  const arguments_ = ['--state-machine-arn', deployed.stateMachineArn, '--status-filter', 'RUNNING'];
  const answer = (await tools.aws('stepfunctions', 'list-executions', ...arguments_)) as {
    executions: { executionArn: string }[];
  };
  for (const { executionArn } of answer.executions) {
    await tools.aws('stepfunctions', 'stop-execution', '--execution-arn', executionArn);
  }
}
