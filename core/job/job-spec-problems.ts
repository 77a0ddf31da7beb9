/** Parses a job spec and says everything that is wrong with it: field, found, allowed, the nearest key for a typo. */
import type { z } from 'zod';
import { RunctlError } from '../errors';
import { cut, plainLine } from '../plain-text';
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
  const oversize = sizeProblem(input);
  if (oversize !== undefined) return { problems: [oversize] };
  const result = jobSpecSchema.safeParse(input, { reportInput: true });
  const problems = [...protoProblems(input), ...(result.success ? [] : result.error.issues.flatMap(describeIssue))];
  return result.success && problems.length === 0 ? { job: result.data } : { problems };
}

/** The job is part of the session's record, of which one item of DynamoDB holds 400 KB. */
const MOST_KIB = 128;

function sizeProblem(input: unknown): SpecProblem | undefined {
  const text = jsonOf(input);
  if (text === undefined) return { field: '', message: 'it is nested too deeply to be a job' };
  const sizeKib = Math.ceil(new TextEncoder().encode(text).length / 1024);
  if (sizeKib <= MOST_KIB) return undefined;
  return {
    field: '',
    message: `it has ${sizeKib} KiB; the most allowed is ${MOST_KIB} KiB. Put what is long into the code`,
  };
}

/** Undefined for what only a deeper stack could write. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return undefined;
  }
}

/** zod leaves the key out of a record without a word. */
function protoProblems(input: unknown): SpecProblem[] {
  if (typeof input !== 'object' || input === null) return [];
  return Object.entries(input)
    .filter(([, value]) => typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__'))
    .filter(([field]) => RECORDS.includes(field))
    .map(([field]) => ({ field: `${field}.__proto__`, message: 'this key is not allowed' }));
}

const RECORDS: readonly string[] = ['env', 'secrets', 'tags'];

/** Throws InvalidJobSpec with all problems in one readable message. */
export function requireJobSpec(input: unknown): JobSpec {
  const parsed = parseJobSpec(input);
  if ('job' in parsed) return parsed.job;
  throw invalidJobSpec(parsed.problems);
}

/** Step Functions takes 32,768 characters of a cause. */
const PROBLEMS_SHOWN = 30;
const FIELD_LENGTH = 160;
const MESSAGE_LENGTH = 800;

export function invalidJobSpec(problems: readonly SpecProblem[]): RunctlError {
  const shown = problems.slice(0, PROBLEMS_SHOWN).map(({ field, message }) => ({
    field: cut(plainLine(field), FIELD_LENGTH),
    message: cut(plainLine(message), MESSAGE_LENGTH),
  }));
  const lines = shown.map(({ field, message }) => `- ${field === '' ? '(the spec)' : field}: ${message}`);
  const more = problems.length > shown.length ? [`… and ${problems.length - shown.length} more`] : [];
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new RunctlError(
    'InvalidJobSpec',
    `The job spec has ${count}. Nothing was launched.\n${[...lines, ...more].join('\n')}`,
    { details: { problems: shown } },
  );
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
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return cut(jsonOf(value) ?? 'a deeply nested value', 80);
}
