/**
 * Condition keys that checks give values to. A key that is known and that a call does not have is absent, as on AWS; a
 * key that is not known here stops the start, for nobody could say whether its condition holds.
 */
import type { Caller } from '../service';
import type { Check } from './check';

/** Whether a request came as it would come to AWS; plain HTTP on the loopback interface stands for HTTPS. */
export interface Transport {
  readonly isSecure: boolean;
}

/** Of every call. */
const GLOBAL = new Set([
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalisawsservice',
  'aws:principalservicename',
  'aws:principaltype',
  'aws:requestedregion',
  'aws:securetransport',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:userid',
  'aws:username',
]);

/** Of calls of these actions. A key that ends with `/` is followed by a tag's. */
const BY_ACTION: readonly { actions: RegExp; keys: readonly string[] }[] = [
  {
    actions: /^ec2:.*/,
    keys: ['aws:requesttag/', 'aws:resourcetag/', 'aws:tagkeys', 'ec2:createaction', 'ec2:resourcetag/', 'ec2:region'],
  },
  { actions: /^ssm:sendcommand$/, keys: ['aws:resourcetag/', 'ssm:resourcetag/'] },
  {
    actions: /^s3:.*/,
    keys: ['s3:delimiter', 's3:if-match', 's3:if-none-match', 's3:max-keys', 's3:objectcreationoperation', 's3:prefix'],
  },
  { actions: /^iam:passrole$/, keys: ['iam:passedtoservice'] },
  { actions: /^iam:createservicelinkedrole$/, keys: ['iam:awsservicename'] },
  { actions: /^cloudwatch:putmetricdata$/, keys: ['cloudwatch:namespace'] },
];

/** Keys with any number of values; others have one. */
const MANY_VALUED = new Set(['aws:tagkeys']);

export const isManyValued = (key: string) => MANY_VALUED.has(key.toLowerCase());

/** Whether each call that an action of a policy stands for has the key, or is known not to have it. */
export function isKnownKey(key: string, action: string): boolean {
  const wanted = key.toLowerCase();
  if (GLOBAL.has(wanted)) return true;
  return BY_ACTION.some(
    ({ actions, keys }) =>
      actions.test(action.toLowerCase()) &&
      keys.some((known) => (known.endsWith('/') ? wanted.startsWith(known) && wanted !== known : wanted === known)),
  );
}

/** The values that a key has in a call. @param key in small letters */
export function keyValues(caller: Caller, check: Check, transport: Transport, region: string) {
  const own = callerKeys(caller);
  return (key: string): readonly string[] | undefined => {
    if (key === 'aws:securetransport') return [String(transport.isSecure)];
    if (key === 'aws:requestedregion') return [region];
    return check.keys?.[key] ?? own[key];
  };
}

function callerKeys({ accountId, arn, userId, roleName, service }: Caller): Record<string, readonly string[]> {
  const isService = { 'aws:principalisawsservice': [String(service !== undefined)] };
  if (service) {
    const { name, sourceArn } = service;
    const source = { 'aws:sourcearn': [sourceArn], 'aws:sourceaccount': [accountId] };
    return { ...isService, ...source, 'aws:principalservicename': [name] };
  }
  const principal = { ...isService, 'aws:userid': [userId], 'aws:principalaccount': [accountId] };
  if (roleName === undefined) {
    const userName = arn.split('/').at(-1) ?? '';
    return { ...principal, 'aws:principalarn': [arn], 'aws:principaltype': ['User'], 'aws:username': [userName] };
  }
  const roleArn = `arn:aws:iam::${accountId}:role/${roleName}`;
  return { ...principal, 'aws:principalarn': [roleArn], 'aws:principaltype': ['AssumedRole'] };
}

/** Keys of tags, e.g. `aws:resourcetag/project`. */
export function tagKeys(
  prefixes: readonly string[],
  tags: Iterable<readonly [string, string]>,
): Record<string, readonly string[]> {
  const entries = [...tags];
  return Object.fromEntries(
    prefixes.flatMap((prefix) => entries.map(([key, value]) => [`${prefix}${key.toLowerCase()}`, [value]])),
  );
}
