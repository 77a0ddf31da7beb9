import { LocalUnsupported } from '../../service';

/**
 * CloudWatch Logs' filter patterns for plain text: terms that all must occur, "quoted phrases", -excluded and ?optional ones
 * (of which one must occur when there are no others). Patterns for JSON, columns and regular expressions are not supported.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 * @throws LocalUnsupported.
 */
export function compileFilterPattern(pattern: string | undefined): (message: string) => boolean {
  const text = pattern?.trim() ?? '';
  if (/^[{[%]/.test(text)) throw new LocalUnsupported('logs', `the filter pattern ${text}`);
  const terms = [...text.matchAll(/([-?]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)].map(([, sign, quoted, plain = '']) => ({
    sign,
    term: quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1'),
  }));
  const of = (sign: string) => terms.filter((term) => term.sign === sign).map(({ term }) => term);
  const [required, excluded, optional] = [of(''), of('-'), of('?')];
  return (message) =>
    required.every((term) => message.includes(term)) &&
    !excluded.some((term) => message.includes(term)) &&
    (optional.length === 0 || required.length > 0 || optional.some((term) => message.includes(term)));
}
