/**
 * HTML as values: what is put into a template is escaped, unless it is markup already. So no name of a job, project or
 * owner can become part of the page's structure.
 */

export interface Markup {
  readonly markup: string;
}

type Part = Markup | string | number | readonly Part[] | null;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function html(texts: TemplateStringsArray, ...parts: Part[]): Markup {
  return { markup: texts.map((text, index) => text + rendered(parts[index] ?? null)).join('') };
}

function rendered(part: Part): string {
  if (part === null) return '';
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return part.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
  if ('markup' in part) return part.markup;
  return part.map(rendered).join('');
}
