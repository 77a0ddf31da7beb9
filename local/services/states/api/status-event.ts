import type { AwsEvent } from '../../../service';
import type { Execution } from './execution';

/** Beyond this, AWS leaves the input out of the event, then the output (EventBridge events of Step Functions). */
const MAX_DATA_BYTES = 248 * 1024;

/** `Step Functions Execution Status Change`, member for member as recorded (test_event_bridge_events_base). */
export function statusEvent(execution: Execution): AwsEvent {
  const { end, redrive, input } = execution;
  const output = end?.output;
  const inputFits = input.sizeBytes + (output?.sizeBytes ?? 0) <= MAX_DATA_BYTES;
  const outputFits = (output?.sizeBytes ?? 0) <= MAX_DATA_BYTES;
  return {
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    resources: [execution.arn],
    time: (execution.stoppedAt ?? execution.startedAt).toISOString(),
    detail: {
      executionArn: execution.arn,
      stateMachineArn: execution.stateMachineArn,
      name: execution.name,
      status: execution.status,
      startDate: execution.startedAt.getTime(),
      stopDate: execution.stoppedAt?.getTime() ?? null,
      input: inputFits ? input.text : null,
      output: output && outputFits ? output.text : null,
      stateMachineVersionArn: null,
      stateMachineAliasArn: null,
      redriveCount: 0,
      redriveDate: null,
      redriveStatus: redrive.redriveStatus,
      redriveStatusReason: redrive.redriveStatusReason ?? null,
      inputDetails: { included: inputFits },
      outputDetails: output ? { included: outputFits } : null,
      error: end?.error ?? null,
      cause: end?.cause ?? null,
    },
  };
}
