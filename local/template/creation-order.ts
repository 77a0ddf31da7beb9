import { references } from './intrinsics';
import type { TemplateResource } from './template';
import { TemplateError } from './template-error';

/**
 * Logical ids so that each comes after everything that it refers to or depends on; otherwise in the template's order.
 * @throws TemplateError for a circle, naming it.
 */
export function creationOrder(resources: Readonly<Record<string, TemplateResource>>): string[] {
  const ordered: string[] = [];
  const done = new Set<string>();
  const visit = (logicalId: string, path: readonly string[]): void => {
    const resource = resources[logicalId];
    if (!resource || done.has(logicalId)) return;
    if (path.includes(logicalId)) {
      throw new TemplateError(
        'template',
        `resources depend on each other in a circle: ${[...path, logicalId].join(' → ')}`,
      );
    }
    const needed = new Set([...resource.DependsOn, ...references(resource.Properties)]);
    for (const other of needed) visit(other, [...path, logicalId]);
    done.add(logicalId);
    ordered.push(logicalId);
  };
  for (const logicalId of Object.keys(resources)) visit(logicalId, []);
  return ordered;
}
