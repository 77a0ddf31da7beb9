import { isObject, type Json } from '../json';

/** Some APIs begin their members with a small letter; in a state machine they never do. */
export const firstLower = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);
export const firstUpper = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** `value` with the names of all members, at every depth, changed. */
export function renameMembers(value: Json, rename: (name: string) => string): Json {
  if (Array.isArray(value)) return value.map((item) => renameMembers(item, rename));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [rename(name), renameMembers(member, rename)]),
  );
}
