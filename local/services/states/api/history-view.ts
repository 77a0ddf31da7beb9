import type { HistoryEvent } from '@aws-sdk/client-sfn';

/** Members of event details that carry data of the execution. */
const DATA = new Set([
  'input',
  'output',
  'inputDetails',
  'outputDetails',
  'parameters',
  'assignedVariables',
  'assignedVariablesDetails',
  'error',
  'cause',
]);

/** An event as GetExecutionHistory shows it with includeExecutionData false. */
export function withoutData(event: HistoryEvent): HistoryEvent {
  const members = Object.entries(event).map(([name, value]) =>
    name.endsWith('EventDetails') && typeof value === 'object' && value !== null
      ? [name, Object.fromEntries(Object.entries(value).filter(([member]) => !DATA.has(member)))]
      : [name, value],
  );
  return Object.fromEntries(members) as HistoryEvent;
}
