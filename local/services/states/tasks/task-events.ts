import type { StateFailure } from '../engine/failure';
import { failureDetails, inputDetails, outputDetails } from '../engine/history';
import type { Strand } from '../engine/strand';
import type { Payload } from '../json';
import type { Integration } from './integration';

export interface TaskLimits {
  timeoutSeconds: number | undefined;
  heartbeatSeconds: number | undefined;
}

/** The events of a running task, in the words of its kind. */
export interface TaskEvents {
  scheduled(parameters: Payload, limits: TaskLimits): void;
  started(): void;
  submitted(output: Payload): void;
  succeeded(output: Payload): void;
  failed(failure: StateFailure): void;
  timedOut(failure: StateFailure): void;
}

export function taskEvents(strand: Strand, integration: Integration, region: string): TaskEvents {
  return integration.names
    ? new ServiceTaskEvents(strand, integration.names, region)
    : new FunctionTaskEvents(strand, integration.label);
}

function limitDetails({ timeoutSeconds, heartbeatSeconds }: TaskLimits) {
  return {
    ...(timeoutSeconds !== undefined && { timeoutInSeconds: timeoutSeconds }),
    ...(heartbeatSeconds !== undefined && { heartbeatInSeconds: heartbeatSeconds }),
  };
}

class ServiceTaskEvents implements TaskEvents {
  constructor(
    private readonly strand: Strand,
    private readonly names: { resourceType: string; resource: string },
    private readonly region: string,
  ) {}

  scheduled(parameters: Payload, limits: TaskLimits): void {
    this.strand.record('TaskScheduled', {
      taskScheduledEventDetails: {
        ...this.names,
        region: this.region,
        parameters: parameters.text,
        ...limitDetails(limits),
      },
    });
  }

  started(): void {
    this.strand.record('TaskStarted', { taskStartedEventDetails: this.names });
  }

  submitted(output: Payload): void {
    this.strand.record('TaskSubmitted', { taskSubmittedEventDetails: { ...this.names, ...outputDetails(output) } });
  }

  succeeded(output: Payload): void {
    this.strand.record('TaskSucceeded', { taskSucceededEventDetails: { ...this.names, ...outputDetails(output) } });
  }

  failed(failure: StateFailure): void {
    this.strand.record('TaskFailed', { taskFailedEventDetails: { ...this.names, ...failureDetails(failure) } });
  }

  timedOut(failure: StateFailure): void {
    this.strand.record('TaskTimedOut', { taskTimedOutEventDetails: { ...this.names, ...failureDetails(failure) } });
  }
}

class FunctionTaskEvents implements TaskEvents {
  constructor(
    private readonly strand: Strand,
    private readonly arn: string,
  ) {}

  scheduled(parameters: Payload, { timeoutSeconds }: TaskLimits): void {
    this.strand.record('LambdaFunctionScheduled', {
      lambdaFunctionScheduledEventDetails: {
        resource: this.arn,
        ...inputDetails(parameters),
        ...(timeoutSeconds !== undefined && { timeoutInSeconds: timeoutSeconds }),
      },
    });
  }

  started(): void {
    this.strand.record('LambdaFunctionStarted');
  }

  submitted(): void {
    throw new Error('A plain function does not wait for a token.');
  }

  succeeded(output: Payload): void {
    this.strand.record('LambdaFunctionSucceeded', { lambdaFunctionSucceededEventDetails: outputDetails(output) });
  }

  failed(failure: StateFailure): void {
    this.strand.record('LambdaFunctionFailed', { lambdaFunctionFailedEventDetails: failureDetails(failure) });
  }

  timedOut(failure: StateFailure): void {
    this.strand.record('LambdaFunctionTimedOut', { lambdaFunctionTimedOutEventDetails: failureDetails(failure) });
  }
}
