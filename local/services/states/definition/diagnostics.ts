import type { ValidateStateMachineDefinitionDiagnostic } from '@aws-sdk/client-sfn';

/** Collects what is wrong with a definition, in AWS's codes and words. */
export class Diagnostics {
  readonly list: ValidateStateMachineDefinitionDiagnostic[] = [];

  add(code: string, message: string, location?: string): void {
    this.list.push({ severity: 'ERROR', code, message, ...(location !== undefined && { location }) });
  }

  schema(message: string, location: string): void {
    this.add('SCHEMA_VALIDATION_FAILED', message, location);
  }

  has(code: string): boolean {
    return this.list.some((diagnostic) => diagnostic.code === code);
  }

  /** `CODE: message at location, CODE: …`: the text inside InvalidDefinition. */
  toString(): string {
    return this.list.map(({ code, message, location }) => `${code}: ${message} at ${location ?? 'null'}`).join(', ');
  }
}
