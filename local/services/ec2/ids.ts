/** Identifiers in AWS's forms, from the injected source of ids. */
import { createHash } from 'node:crypto';

/** Any source of unique strings. */
export type NewId = () => string;

/** `<prefix>-` and 17 hexadecimal digits, as EC2 names its resources. */
export function resourceId(prefix: string, newId: NewId): string {
  return `${prefix}-${hex(newId()).slice(0, 17)}`;
}

/** In the form of a UUID, as SSM names commands. */
export function uuid(newId: NewId): string {
  return hex(newId()).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}

/** Ids of any source have the right length and alphabet once hashed, and stay unique. */
function hex(id: string): string {
  return createHash('sha256').update(id).digest('hex');
}
