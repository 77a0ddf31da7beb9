/** The name of an operation in a history event. */
export function resourceName(operation: string, waitsForToken: boolean): string {
  return waitsForToken ? `${operation}.waitForTaskToken` : operation;
}
