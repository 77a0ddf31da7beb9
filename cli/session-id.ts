const LONGEST_NAME = 48;

/** `digits-20261126-101500`: unique by the second, and in order of time. */
export function sessionIdAt(name: string, epochMs: number): string {
  const [day, time] = new Date(epochMs).toISOString().slice(0, 19).replace(/[-:]/g, '').split('T');
  return `${name.slice(0, LONGEST_NAME)}-${day}-${time}`;
}
