/** What follows an operation in a Resource: how the task goes on after its call has returned. */
export type TaskPattern = 'waitForTaskToken' | 'sync' | 'sync:2' | undefined;

/** The name of an operation in a history event. */
export function resourceName(operation: string, pattern: TaskPattern): string {
  return pattern === undefined ? operation : `${operation}.${pattern}`;
}
