import { isTooDeep, TOO_DEEP } from '../../../json-text';
import { AwsError } from '../../../service';

/** AWS's wording: `<kind in words>: '<what>'` (LocalStack recordings of test_sfn_api). */
export function doesNotExist(kind: 'StateMachine' | 'Execution', arn: string): AwsError {
  const words = kind === 'StateMachine' ? 'State Machine' : 'Execution';
  return new AwsError(`${kind}DoesNotExist`, `${words} Does Not Exist: '${arn}'`);
}

export function invalidArn(arn: string): AwsError {
  return new AwsError('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${arn}'`);
}

export function invalidName(name: string): AwsError {
  return new AwsError('InvalidName', `Invalid Name: '${name}'`);
}

/** One member that breaks the API's own rules. */
export function validationError(value: unknown, member: string, constraint: string): AwsError {
  return new AwsError(
    'ValidationException',
    `1 validation error detected: Value '${String(value)}' at '${member}' failed to satisfy constraint: ${constraint}`,
  );
}

/** @throws AwsError ValidationException when a required member is absent */
export function required<T>(value: T | undefined, member: string): T {
  if (value !== undefined) return value;
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`,
  );
}

/** @throws AwsError InvalidName unless it is 1 to 80 characters without blanks, brackets, wildcards and the like */
export function checkName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: AWS forbids them by name
  if (name.length < 1 || name.length > 80 || /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]/.test(name)) {
    throw invalidName(name);
  }
  return name;
}

/** What is wrong with a text as JSON, in the words of the parser that AWS uses, as far as recorded. */
export function jsonProblem(text: string): string | undefined {
  if (isTooDeep(text)) return TOO_DEEP;
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    const token = /^\s*([A-Za-z_]\w*)/.exec(text)?.[1];
    if (token !== undefined) {
      return `Unrecognized token '${token}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')`;
    }
    const stray = /^\s*\{\s*([^"}\s])/.exec(text)?.[1];
    if (stray !== undefined) {
      return `Unexpected character ('${stray}' (code ${stray.charCodeAt(0)})): was expecting double-quote to start field name`;
    }
    return 'Invalid execution input.';
  }
}
