/** A function as the template declares it; everything that its worker threads need. */
export interface LambdaFunction {
  name: string;
  arn: string;
  description: string;
  /** e.g. index.handler */
  handler: string;
  runtime: string;
  architecture: string;
  /** Folder with the unpacked code. */
  codeDir: string;
  roleName: string;
  timeoutSeconds: number;
  memoryMiB: number;
  environment: Readonly<Record<string, string>>;
  logGroupName: string;
  logFormat: 'Text' | 'JSON';
  /** Queue or topic for events that failed for good. */
  deadLetterArn?: string;
}

/** How asynchronous invocations are retried, and who hears of their ends. */
export interface EventInvokeConfig {
  maximumRetryAttempts: number;
  maximumEventAgeSeconds: number;
  onFailureArn?: string;
  onSuccessArn?: string;
}

/** Stops the invocation's worker around its `awsCall`th request to the local cloud (from 1, SDK retries count). */
export interface CrashPoint {
  awsCall: number;
  /** 'before': the request is never sent. 'after': it took effect, but the function never sees the answer. */
  when: 'before' | 'after';
}

/** The worker's wall clock jumps before its `awsCall`th request, and stays so for as long as the worker lives. */
export interface ClockJump {
  awsCall: number;
  jumpMs: number;
}

export type LambdaFault = CrashPoint | ClockJump;

/**
 * Asked before each invocation; `callIndex` counts the function's invocations from 1. Returns what shall go wrong in it,
 * or undefined for an undisturbed run.
 */
export type LambdaFaults = (functionName: string, callIndex: number) => LambdaFault | undefined;

/** What one invocation did: for tests that look for every crash point, and for measurements. */
export interface InvocationRecord {
  functionName: string;
  callIndex: number;
  /** Requests that the function sent to the local cloud; unknown (undefined) when its worker was lost. */
  awsCalls?: number;
  durationMs: number;
  /** Present on a cold start: loading the code, in real milliseconds. */
  initRealMs?: number;
  errorType?: string;
}
