import type { Payload } from '../json';
import type { TaskCall } from './task-services';

/** How a Task's Resource is called, and what the history calls it. */
export interface Integration {
  /** Set for service integrations; a plain function ARN has events of its own kind. */
  readonly names?: { resourceType: string; resource: string };
  readonly waitsForToken: boolean;
  /** What a DataLimitExceeded cause calls the task. */
  readonly label: string;
  /**
   * Makes the call.
   * @throws StateFailure with the error name that Retry and Catch see
   */
  call(parameters: Payload, call: TaskCall): Promise<Payload>;
  /** `.sync`: waits for the job that the call has started, and gives its result. */
  follow?(started: Payload, call: TaskCall): Promise<Payload>;
  /** `.sync`: ends the job whose task has ended first. */
  cancel?(started: Payload, call: TaskCall): Promise<void>;
}
