import { isObject, type JsonObject } from '../json';
import type { Diagnostics } from './diagnostics';

interface Edge {
  target: string;
  location: string;
}

/**
 * Checks where states lead: targets exist, every state can be reached, and there is a way to end. As on AWS, a
 * workflow without a terminal state is not searched for unreachable ones (measured in floci pull request 2786).
 */
export function checkGraph(program: JsonObject, path: string, diagnostics: Diagnostics): void {
  const states = program['States'];
  if (!isObject(states)) return;
  const edges = new Map(
    Object.entries(states).map(([name, state]) => [name, edgesOf(state, `${path}/States/${name}`)]),
  );
  const start: Edge = { target: String(program['StartAt']), location: `${path}/StartAt` };
  for (const { target, location } of [start, ...[...edges.values()].flat()]) {
    if (!edges.has(target)) diagnostics.add('MISSING_TRANSITION_TARGET', `Missing 'Next' target: ${target}`, location);
  }
  if (!Object.values(states).some(isTerminal)) {
    diagnostics.add('MISSING_END_STATE', 'Workflow has no terminal state');
    return;
  }
  const reached = reachable(start.target, edges);
  for (const name of edges.keys()) {
    if (!reached.has(name)) {
      diagnostics.add('MISSING_TRANSITION_TARGET', `State "${name}" is not reachable.`, `${path}/States/${name}`);
    }
  }
}

function edgesOf(state: unknown, path: string): Edge[] {
  if (!isObject(state)) return [];
  const edges: Edge[] = [];
  const add = (target: unknown, location: string) => {
    if (typeof target === 'string') edges.push({ target, location });
  };
  add(state['Next'], `${path}/Next`);
  add(state['Default'], `${path}/Default`);
  for (const list of ['Choices', 'Catch']) {
    const items = state[list];
    if (!Array.isArray(items)) continue;
    for (const [index, item] of items.entries())
      if (isObject(item)) add(item['Next'], `${path}/${list}[${index}]/Next`);
  }
  return edges;
}

function isTerminal(state: unknown): boolean {
  if (!isObject(state)) return false;
  return state['End'] === true || state['Type'] === 'Succeed' || state['Type'] === 'Fail';
}

function reachable(start: string, edges: ReadonlyMap<string, readonly Edge[]>): Set<string> {
  const reached = new Set<string>();
  const todo = [start];
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    for (const { target } of edges.get(name) ?? []) todo.push(target);
  }
  return reached;
}
