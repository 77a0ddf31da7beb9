import { isObject } from '../json';

/** Members of JSONata syntax nodes that are evaluated in the same context as the node itself. */
const SAME_CONTEXT = ['lhs', 'rhs', 'expression', 'expressions', 'arguments', 'condition', 'then', 'else'] as const;

/**
 * Names that an expression looks up in its context. Step Functions has no context: everything comes from `$states`
 * or a variable, so such a name can only be a mistake.
 */
export function topLevelReferences(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(topLevelReferences);
  if (!isObject(node)) return [];
  if (node['type'] === 'path') {
    // Later steps and their predicates look into what the first one found.
    const [first] = Array.isArray(node['steps']) ? node['steps'] : [];
    if (isObject(first) && first['type'] === 'name') return [String(first['value'])];
    return topLevelReferences(first);
  }
  if (node['type'] === 'lambda' || node['type'] === 'transform') return [];
  return SAME_CONTEXT.flatMap((member) => topLevelReferences(node[member]));
}
