/** Checks the parameters of a command against its document, and puts them into the document's steps. */
import { AwsError, LocalUnsupported } from '../../service';
import type { DocumentContent, DocumentParameter, DocumentStep } from './documents';

export type ParameterValues = Record<string, string[]>;

/** A step as it is sent to a node. */
export interface ResolvedStep {
  name: string;
  script: string;
  workingDirectory?: string;
  timeoutSeconds: number;
  onFailure?: 'exit' | 'successAndExit' | undefined;
  onSuccess?: 'exit' | undefined;
  finallyStep: boolean;
}

/** The agent's: anything out of range or unreadable silently becomes the default (amazon-ssm-agent, pluginutil). */
const EXECUTION_TIMEOUT = { least: 5, most: 172_800, default: 3600 };

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameters', message);
}

/**
 * Given values and defaults, checked.
 * @throws AwsError InvalidParameters
 */
export function resolveParameters(
  content: DocumentContent,
  given: Record<string, string[] | undefined>,
): ParameterValues {
  const declared = content.parameters ?? {};
  const unknown = Object.keys(given).find((name) => !(name in declared));
  if (unknown) throw invalid(`Parameter '${unknown}' is not defined in the document.`);
  return Object.fromEntries(
    Object.entries(declared).map(([name, parameter]) => {
      const values = given[name] ?? (parameter.default === undefined ? undefined : [parameter.default].flat());
      if (values === undefined) throw invalid(`Parameter '${name}' is required.`);
      checkParameter(name, parameter, values);
      return [name, values];
    }),
  );
}

function checkParameter(name: string, parameter: DocumentParameter, values: readonly string[]): void {
  if (parameter.type !== 'StringList' && values.length !== 1) throw invalid(`Parameter '${name}' takes one value.`);
  if (values.length < (parameter.minItems ?? 0) || values.length > (parameter.maxItems ?? Number.POSITIVE_INFINITY)) {
    throw invalid(`Parameter '${name}' has too few or too many items.`);
  }
  for (const value of values) {
    if (/\{\{\s*ssm(-secure)?:/.test(value))
      throw new LocalUnsupported('ssm', 'Parameter Store references in a command');
    const fits =
      (!parameter.allowedPattern || new RegExp(`^(?:${parameter.allowedPattern})$`).test(value)) &&
      (!parameter.allowedValues || parameter.allowedValues.includes(value)) &&
      (parameter.type !== 'Integer' || /^-?\d+$/.test(value)) &&
      (parameter.type !== 'Boolean' || /^(true|false)$/i.test(value)) &&
      value.length >= (parameter.minChars ?? 0) &&
      value.length <= (parameter.maxChars ?? Number.POSITIVE_INFINITY);
    if (!fits) throw invalid(`Parameter '${name}' has a value that its document does not allow: ${value}`);
  }
}

/** `{{ name }}` everywhere; a list alone in its place keeps its items. */
export function resolveStep(step: DocumentStep, values: ParameterValues): ResolvedStep {
  const { inputs } = step;
  const commands = [inputs.runCommand].flat().flatMap((line) => {
    const alone = /^\s*\{\{\s*([\w-]+)\s*\}\}\s*$/.exec(line)?.[1];
    return alone !== undefined && values[alone] ? values[alone] : [substitute(line, values)];
  });
  const workingDirectory = substitute(inputs.workingDirectory ?? '', values);
  return {
    name: step.name,
    script: `${commands.join('\n')}\n`,
    ...(workingDirectory ? { workingDirectory } : {}),
    timeoutSeconds: toTimeout(substitute(inputs.timeoutSeconds ?? '', values)),
    onFailure: inputs.onFailure,
    onSuccess: inputs.onSuccess,
    finallyStep: inputs.finallyStep ?? false,
  };
}

function substitute(text: string, values: ParameterValues): string {
  return text.replace(/\{\{\s*([\w-]+)\s*\}\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return value.length === 1 ? (value[0] ?? '') : JSON.stringify(value);
  });
}

function toTimeout(text: string): number {
  const seconds = text === '' ? Number.NaN : Number(text);
  const isInRange = seconds >= EXECUTION_TIMEOUT.least && seconds <= EXECUTION_TIMEOUT.most;
  return isInRange ? seconds : EXECUTION_TIMEOUT.default;
}
