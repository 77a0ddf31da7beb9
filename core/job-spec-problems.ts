/** Parses a job spec and says everything that is wrong with it: field, found, allowed, the nearest key for a typo. */
import type { z } from 'zod';
import { RunctlError } from './errors';
import { type JobSpec, jobSpecSchema, SECTIONS } from './job-spec';
import { nearest } from './nearest';

/** One thing wrong with a spec. */
export interface SpecProblem {
  /** e.g. `limits.maxHours`; empty for the spec itself. */
  field: string;
  message: string;
}

/** Parses a spec. Returns every problem, never only the first. */
export function parseJobSpec(input: unknown): { job: JobSpec } | { problems: SpecProblem[] } {
  const result = jobSpecSchema.safeParse(input, { reportInput: true });
  return result.success ? { job: result.data } : { problems: result.error.issues.flatMap(describeIssue) };
}

/** Throws InvalidJobSpec with all problems in one readable message. */
export function requireJobSpec(input: unknown): JobSpec {
  const parsed = parseJobSpec(input);
  if ('job' in parsed) return parsed.job;
  throw invalidJobSpec(parsed.problems);
}

export function invalidJobSpec(problems: readonly SpecProblem[]): RunctlError {
  const lines = problems.map(({ field, message }) => `- ${field === '' ? '(the spec)' : field}: ${message}`);
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new RunctlError('InvalidJobSpec', `The job spec has ${count}. Nothing was launched.\n${lines.join('\n')}`, {
    details: { problems },
  });
}

type Issue = z.core.$ZodIssue;

function describeIssue(issue: Issue): SpecProblem[] {
  const field = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(issue.path, key));
  if (issue.code === 'invalid_key') {
    return issue.issues.map((inner) => ({ field, message: `this key is not allowed; expected ${inner.message}` }));
  }
  if (issue.input === undefined) return [{ field, message: 'is required and missing' }];
  return [{ field, message: `found ${show(issue.input)}; ${allowed(issue)}` }];
}

function allowed(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${issue.expected === 'int' ? 'a whole number' : `a value of type ${issue.expected}`}`;
    case 'invalid_value':
      return `allowed: ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_small':
      return `${issue.inclusive === false ? 'it must be more than' : 'the least allowed is'} ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `the most allowed is ${issue.maximum}${unitOf(issue.origin)}`;
    case 'custom':
    case 'invalid_format':
      return `expected ${issue.message}`;
    default:
      return issue.message;
  }
}

function unitOf(origin: string): string {
  return origin === 'string' ? ' characters' : origin === 'array' ? ' entries' : '';
}

function unknownKey(path: readonly PropertyKey[], key: string): SpecProblem {
  const known = knownKeysAt(path);
  const suggestion = nearest(key, known);
  const hint = suggestion === undefined ? `known: ${known.join(', ')}` : `did you mean ${JSON.stringify(suggestion)}?`;
  return { field: [...path, key].map(String).join('.'), message: `is not a known key; ${hint}` };
}

function knownKeysAt(path: readonly PropertyKey[]): string[] {
  const [section] = path;
  if (section === undefined) return Object.keys(jobSpecSchema.shape);
  return Object.entries(SECTIONS)
    .filter(([name]) => name === section)
    .flatMap(([, object]) => Object.keys(object.shape));
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
