/** Whether a relative path from outside stays inside the folder that it is joined to. */
export function isSafePath(path: string): boolean {
  return (
    path !== '' &&
    !path.includes('\0') &&
    !path.startsWith('/') &&
    path.split('/').every((part) => part !== '..' && part !== '.' && part !== '')
  );
}
