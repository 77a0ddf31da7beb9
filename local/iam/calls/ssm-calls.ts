/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html */
import type { SendCommandRequest } from '@aws-sdk/client-ssm';
import type { Check } from '../check';
import { tagKeys } from '../condition-keys';
import { ANY, arnIn, one, sharedArn } from './arns';
import type { Account, CallChecks, ServiceCalls } from './service-calls';

const onAny = (operation: string) => ({ [operation]: () => one(`ssm:${operation}`, ANY) });

/** AWS's own documents and parameters belong to no account. */
function documentArn(name: string, account: Account): string {
  if (name.startsWith('arn:')) return name;
  return (name.startsWith('AWS-') ? sharedArn : arnIn)(account, 'ssm', `document/${name}`);
}

function parameterArn(nameOrArn: string, account: Account): string {
  if (nameOrArn.startsWith('arn:')) return nameOrArn;
  // A version or label may follow the name.
  const name = nameOrArn.split(':')[0] ?? nameOrArn;
  const isPublic = /^\/aws\/service\//.test(name);
  return (isPublic ? sharedArn : arnIn)(account, 'ssm', `parameter/${name.replace(/^\//, '')}`);
}

const onParameters = (operation: string, names: (input: Record<string, unknown>) => unknown): ServiceCalls => ({
  [operation]: (input: Record<string, unknown>, account) =>
    [names(input)].flat().flatMap((name) => one(`ssm:${operation}`, parameterArn(String(name ?? ''), account))),
});

const onDocument = (operation: string): ServiceCalls => ({
  [operation]: ({ Name = '' }: { Name?: string }, account) => one(`ssm:${operation}`, documentArn(Name, account)),
});

/** The document, and each instance. */
const sendCommand: CallChecks = ({ DocumentName = '', InstanceIds = [] }: SendCommandRequest, account): Check[] => [
  ...one('ssm:SendCommand', documentArn(DocumentName, account)),
  ...InstanceIds.flatMap((id) => {
    const tags = tagKeys(['aws:resourcetag/', 'ssm:resourcetag/'], account.tagsOf(id) ?? []);
    return one('ssm:SendCommand', arnIn(account, 'ec2', `instance/${id}`), tags);
  }),
];

export const ssmCalls: ServiceCalls = {
  SendCommand: sendCommand,
  ...onAny('CancelCommand'),
  ...onAny('DescribeInstanceInformation'),
  ...onAny('DescribeParameters'),
  ...onAny('GetCommandInvocation'),
  ...onAny('ListCommandInvocations'),
  ...onAny('ListCommands'),
  ...onAny('ListDocuments'),
  ...onDocument('CreateDocument'),
  ...onDocument('DescribeDocument'),
  ...onDocument('GetDocument'),
  ...onParameters('DeleteParameter', ({ Name }) => Name),
  ...onParameters('GetParameter', ({ Name }) => Name),
  ...onParameters('GetParameters', ({ Names }) => Names),
  ...onParameters('GetParametersByPath', ({ Path }) => Path),
  ...onParameters('PutParameter', ({ Name }) => Name),
};
