/** Whether what a manifest names is really there, with its size. */

export interface NamedFile {
  /** As it is listed: an address or a key. */
  name: string;
  sizeBytes: number;
}

/** Everything that is missing or has another size, in words. `stored` is a listing: sizes in bytes by name. */
export function storedProblems(files: readonly NamedFile[], stored: ReadonlyMap<string, number>): string[] {
  return files.flatMap(({ name, sizeBytes }) => {
    const found = stored.get(name);
    if (found === undefined) return [`${name} is missing`];
    return found === sizeBytes ? [] : [`${name} has ${found} bytes instead of ${sizeBytes}`];
  });
}
