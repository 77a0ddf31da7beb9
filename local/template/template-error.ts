/** Why a template cannot be made to run here; says where, so that the reader finds the line of the CDK app. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';

  constructor(where: string, problem: string, options?: ErrorOptions) {
    super(`${where}: ${problem}`, options);
  }
}
