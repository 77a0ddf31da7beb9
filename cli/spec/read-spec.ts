/** Reads job.json: comments allowed, `--set` applied, nothing judged yet but that it is an object. */
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'jsonc-parser';
import type { SpecProblem } from '../../core/job/job-spec-problems';
import { CliError, notFound } from '../cli-error';
import type { CliContext } from '../context';
import { EXIT } from '../exit-codes';
import { shownPath } from '../terminal/shown-path';
import { SourceText } from './source-text';

export type RawSpec = Record<string, unknown>;

export interface ReadSpec {
  raw: RawSpec;
  source: SourceText;
  /** Local folders in the spec are relative to it. */
  folder: string;
  /** Fields that `--set` gave. */
  setFields: string[];
}

export async function readSpec({ cwd }: CliContext, file: string, sets: readonly string[]): Promise<ReadSpec> {
  const path = resolve(cwd, file);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw notFound(`There is no file ${file}.`, 'Write one: runctl init');
    if (error.code === 'EISDIR')
      throw notFound(`${file} is a folder.`, `Name the job in it: ${join(file, 'job.json')}`);
    throw error;
  });
  const source = new SourceText(shownPath(cwd, path), text);
  if (source.errors.length > 0) throw syntaxError(source);
  const raw: unknown = parse(text, [], { allowTrailingComma: true });
  if (!isObject(raw)) throw syntaxError(source, 'a job spec is an object: { "name": …, "command": … }');
  const setFields = sets.map((set) => applySet(raw, set));
  return { raw, source, folder: dirname(path), setFields };
}

/** `limits.maxUsd=10`: JSON where it is JSON, else text. Returns the field. */
function applySet(raw: RawSpec, set: string): string {
  const at = set.indexOf('=');
  const field = set.slice(0, Math.max(0, at));
  if (!/^\w+(\.[\w-]+)*$/.test(field)) {
    throw new CliError(`--set ${set}: this is not key=value, such as limits.maxUsd=10.`, { exitCode: EXIT.usage });
  }
  const keys = field.split('.');
  // These lead to what all objects share.
  if (keys.some((key) => ['__proto__', 'constructor', 'prototype'].includes(key))) {
    throw new CliError(`--set ${set}: ${field} is no field of a job.`, { exitCode: EXIT.usage });
  }
  const last = keys.pop() ?? '';
  let target = raw;
  for (const key of keys) {
    const next = target[key];
    const inner = isObject(next) ? next : {};
    target[key] = inner;
    target = inner;
  }
  target[last] = parseValue(set.slice(at + 1));
  return field;
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function isObject(value: unknown): value is RawSpec {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function syntaxError(source: SourceText, message?: string): CliError {
  const [first] = source.errors;
  const place = first?.place ?? { line: 1, column: 1, length: 1 };
  const text = message ?? first?.message ?? 'this is not JSON';
  return invalid([`${source.fileName}:${place.line}:${place.column}: ${text}`, ...source.excerpt(place)]);
}

/** Everything that is wrong, each with the line that it is about. */
export function specError({ source, setFields }: ReadSpec, problems: readonly SpecProblem[]): CliError {
  const lines = problems.flatMap(({ field, message }) => {
    const what = field === '' ? message : `${field}: ${message}`;
    if (setFields.some((set) => set === field || set.startsWith(`${field}.`))) return [`--set ${what}`];
    const place = source.placeOf(field, message.startsWith('is not a known key') ? 'key' : 'value');
    if (place === undefined) return [`${source.fileName}: ${what}`];
    return [`${source.fileName}:${place.line}:${place.column}: ${what}`, ...source.excerpt(place)];
  });
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return invalid([`The job has ${count}. Nothing was launched.`, ...lines]);
}

function invalid(lines: readonly string[]): CliError {
  return new CliError(lines.join('\n'), {
    exitCode: EXIT.invalidJob,
    hint: 'What a job may say: README, "The job"; schema/job.schema.json gives completion in editors.',
  });
}
