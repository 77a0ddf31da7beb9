import type { Check } from '../check';
import type { Account } from './service-calls';

export type Place = Pick<Account, 'accountId' | 'region'>;

/** The whole of a service: actions that know no resource. */
export const ANY = '*';

export const arnIn = ({ region, accountId }: Place, service: string, resource: string) =>
  `arn:aws:${service}:${region}:${accountId}:${resource}`;

/** What AWS owns, and all accounts share. */
export const sharedArn = ({ region }: Place, service: string, resource: string) =>
  `arn:aws:${service}:${region}::${resource}`;

export const one = (action: string, resource: string, keys?: Check['keys']): Check[] => [
  { action, resource, ...(keys === undefined ? {} : { keys }) },
];
