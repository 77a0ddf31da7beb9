/** Commands as they stand in mails: to be pasted into a shell as they are, whatever region it is set to. */
import type { Session } from '../session/session';
import { stopEntry } from '../stop-event';

type Started = Pick<Session, 'sessionId' | 'executionArn'>;

/** arn:<partition>:states:<region>:<account>:execution:<state machine>:<session> */
const regionOf = ({ executionArn }: Started): string => executionArn.split(':')[3] ?? '';

/** Stops a session gracefully. */
export const stopCommand = (session: Started): string => stopCommandIn(regionOf(session), session.sessionId);

export function stopCommandIn(region: string, sessionId: string): string {
  return `aws events put-events --region ${region} --entries '${JSON.stringify([stopEntry({ sessionId })])}'`;
}

export const logsCommand = (session: Started): string =>
  `runctl logs ${session.sessionId} --region ${regionOf(session)}`;

/** How to go on with a session: by the command line, and by the AWS CLI alone. `raise`: which limit has to be raised. */
export function resumeCommands(session: Started, raise: 'maxUsd' | 'maxHours' | null): string[] {
  const { sessionId, executionArn } = session;
  const region = `--region ${regionOf(session)}`;
  const stateMachineArn = executionArn.replace(':execution:', ':stateMachine:').split(':').slice(0, -1).join(':');
  const flag = raise === null ? '' : ` ${RAISE_FLAGS[raise]}`;
  const also = raise === null ? '' : ` and a higher limits.${raise}`;
  return [
    `  runctl resume ${sessionId}${flag} ${region}`,
    `Without runctl, writing "resumeFrom": "${sessionId}"${also} into job.json between the two:`,
    `  aws stepfunctions describe-execution ${region} --execution-arn ${executionArn} --query input --output text >job.json`,
    `  aws stepfunctions start-execution ${region} --state-machine-arn ${stateMachineArn} --input file://job.json`,
  ];
}

/** So much more than what is left. */
const RAISE_FLAGS = { maxUsd: '--add-usd 10', maxHours: '--add-hours 12' };
