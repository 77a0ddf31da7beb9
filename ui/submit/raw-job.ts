/** A job as it is being written: what is not said has its usual value. Pure. */
import { parseJobSpec, type SpecProblem } from '../../core/job/job-spec-problems';

export type RawJob = Record<string, unknown>;

export function valueAt(raw: RawJob, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), raw);
}

/** undefined takes it away, and the section with it when nothing is left in it. */
export function withValue(raw: RawJob, [key = '', ...rest]: readonly string[], value: unknown): RawJob {
  const inner = rest.length === 0 ? value : withValue(isObject(raw[key]) ? raw[key] : {}, rest, value);
  const isNothing = inner === undefined || (rest.length > 0 && Object.keys(inner as RawJob).length === 0);
  if (!isNothing) return { ...raw, [key]: inner };
  const { [key]: _, ...others } = raw;
  return others;
}

/** What is wrong as far as the page can tell. Where code and data lie on this machine, the server looks. */
export function problemsOf(raw: RawJob): SpecProblem[] {
  const parsed = parseJobSpec(raw);
  if ('job' in parsed) return [];
  return parsed.problems.filter(({ field }) => !isLocalPath(raw, field));
}

export function isLocalPath(raw: RawJob, field: string): boolean {
  const value = field === 'code' || field === 'data' ? raw[field] : undefined;
  return typeof value === 'string' && value !== '' && !value.startsWith('s3:');
}

/** Of a field and of what is in it. */
export function problemsAt(problems: readonly SpecProblem[], path: readonly string[]): SpecProblem[] {
  const field = path.join('.');
  return problems.filter((problem) => problem.field === field || problem.field.startsWith(`${field}.`));
}

/** A job that was run, without what would be so anyway. */
export function withoutUsual(job: RawJob): RawJob {
  const parsed = parseJobSpec({ name: 'usual', command: 'true' });
  const usual: RawJob = 'job' in parsed ? { ...parsed.job, name: undefined, command: undefined } : {};
  return differing(job, usual) ?? {};
}

function differing(value: RawJob, usual: RawJob): RawJob | undefined {
  const entries = Object.entries(value).flatMap(([key, own]): [string, unknown][] => {
    const other = usual[key];
    if (JSON.stringify(own) === JSON.stringify(other)) return [];
    if (!isObject(own) || !isObject(other)) return [[key, own]];
    const inner = differing(own, other);
    return inner === undefined ? [] : [[key, inner]];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

export function isObject(value: unknown): value is RawJob {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What somebody typed into a field of numbers; what is none stays a text, and is told of. */
export function numberOf(text: string): number | string | undefined {
  if (text.trim() === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

export const partsOf = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);
