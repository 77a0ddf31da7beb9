import { isObject, type Json, type JsonObject } from '../json';
import { type IntrinsicNode, isIntrinsic, parseIntrinsic } from './intrinsic-parser';
import { INTRINSICS, type IntrinsicSources } from './intrinsics';
import { type PathSources, selectPath } from './jsonpath';

export interface TemplateSources extends PathSources, IntrinsicSources {}

/** The member of a payload template that failed, and why. */
export class TemplateProblem extends Error {
  constructor(
    readonly field: string,
    readonly expression: string,
    override readonly cause: unknown,
  ) {
    super(`${field}: ${expression}`);
  }
}

/**
 * A payload template (Parameters, ResultSelector, ItemSelector, Assign): members whose names end in `.$` hold a path
 * or an intrinsic function, all others stand as they are.
 * @throws TemplateProblem
 */
export function fillTemplate(template: Json, sources: TemplateSources): Json {
  if (Array.isArray(template)) return template.map((item) => fillTemplate(item, sources));
  if (!isObject(template)) return template;
  const filled: JsonObject = {};
  for (const [name, member] of Object.entries(template)) {
    if (name.endsWith('.$') && typeof member === 'string') {
      filled[name.slice(0, -2)] = evaluateField(name, member, sources);
    } else {
      filled[name] = fillTemplate(member, sources);
    }
  }
  return filled;
}

function evaluateField(field: string, expression: string, sources: TemplateSources): Json {
  try {
    return evaluateText(expression, sources);
  } catch (error) {
    throw new TemplateProblem(field, expression, error);
  }
}

/** A path or an intrinsic function. @throws PathNotFound, IntrinsicProblem */
export function evaluateText(expression: string, sources: TemplateSources): Json {
  return isIntrinsic(expression)
    ? run(parseIntrinsic(expression), sources)
    : selectPath(expression, sources, { isLenient: true });
}

function run(node: IntrinsicNode, sources: TemplateSources): Json {
  if (node.kind === 'literal') return node.value;
  if (node.kind === 'path') return selectPath(node.path, sources);
  const intrinsic = INTRINSICS[node.name];
  if (!intrinsic) throw new Error(`No intrinsic function ${node.name}: the parser let it through.`);
  return intrinsic(
    node.args.map((argument) => run(argument, sources)),
    sources,
  );
}
