/** Structured logs: a constant sentence and fields. What Powertools' logger offers, as far as it is used. */
import { Logger } from '@aws-lambda-powertools/logger';
import { redactValue } from './redact';

type Fields = Record<string, unknown>;

export interface Log {
  info(message: string, fields: Fields): void;
  warn(message: string, fields: Fields): void;
  error(message: string, fields: Fields): void;
}

export function createLogger(functionName: string): Logger {
  return new Logger({ serviceName: 'runctl', persistentKeys: { function: functionName }, jsonReplacerFn: redactValue });
}

/** An error as fields of a log line. */
export function errorFields(error: unknown): Fields {
  return error instanceof Error
    ? { errorName: error.name, errorMessage: error.message, stack: error.stack }
    : { errorName: 'Unknown', errorMessage: String(error) };
}
