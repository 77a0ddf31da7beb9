import { type JsonObject, MAX_PAYLOAD_BYTES } from '../json';
import { runtimeFailure } from './failure';
import type { Frame } from './frame';

/** Variables of one Assign, and of one execution (AWS developer guide, workflow variables: limits). */
const MAX_ALL_BYTES = 10 * 1024 * 1024;

/**
 * Sets the state's variables and returns them as the exit event shows them: each as JSON text.
 * @throws StateFailure States.Runtime when a limit is passed
 */
export function assignVariables(frame: Frame, assigned: JsonObject | undefined) {
  if (assigned === undefined || Object.keys(assigned).length === 0) return {};
  const texts = Object.fromEntries(Object.entries(assigned).map(([name, value]) => [name, JSON.stringify(value)]));
  const sizeBytes = Object.values(texts).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (sizeBytes > MAX_PAYLOAD_BYTES) {
    throw runtimeFailure(frame, 'The variables assigned exceed the maximum size of 262144 bytes.');
  }
  const { variables } = frame.strand;
  variables.assign(assigned);
  if (variables.sizeBytes > MAX_ALL_BYTES) {
    throw runtimeFailure(frame, 'The variables of the execution exceed the maximum size of 10 MiB.');
  }
  return { assignedVariables: texts, assignedVariablesDetails: { truncated: false } };
}
