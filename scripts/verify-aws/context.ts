import type { Tools } from './tools';

/** The stack that is made for the verification, and goes with it. */
export const STACK = 'RunctlVerify';
/** With the FIS experiment. */
export const FAULT_STACK = 'RunctlVerifyFault';
/** Of every job, and what the experiment aims at. */
export const JOB_NAME = 'runctl-verify';

export interface Deployed {
  stateMachineArn: string;
  bucket: string;
  table: string;
  experimentTemplateId: string;
}

/** What checks work with; `deployed` is there once the first of them has passed. */
export interface CheckContext {
  tools: Tools;
  deployed: Deployed;
  /** Begins every session id of this verification. */
  run: string;
}

export interface Check {
  id: string;
  title: string;
  /** What it does in the account, in words. */
  does: string;
  estimatedUsd: number;
  /** What was seen, a line each. Throws when it was not as it should be. */
  run(context: CheckContext): Promise<string[]>;
}

/** @throws Error with `message` when it does not hold */
export function expect(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}
