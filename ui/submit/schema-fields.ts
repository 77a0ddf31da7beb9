/** The form's fields, from schema/job.schema.json: what the schema gains, the form gains. Pure. */
import schema from '../../schema/job.schema.json';

export type FieldKind = 'text' | 'long' | 'number' | 'choice' | 'yes' | 'list' | 'numbers' | 'map';

export interface Field {
  /** e.g. `['limits', 'maxUsd']`. */
  path: readonly string[];
  kind: FieldKind;
  /** `Max usd` */
  label: string;
  description: string | undefined;
  isRequired: boolean;
  /** As the schema has it; null: none. */
  usual: unknown;
  choices: readonly string[];
  /** Of numbers. */
  isWhole: boolean;
  /** A name: it needs little room. */
  isShort: boolean;
}

export interface Section {
  /** Empty: of the job itself. */
  key: string;
  title: string;
  fields: readonly Field[];
}

interface Node {
  type?: string;
  default?: unknown;
  description?: string;
  enum?: readonly string[];
  anyOf?: readonly Node[];
  properties?: Readonly<Record<string, Node>>;
  items?: Node;
  additionalProperties?: boolean | Node;
  maxLength?: number;
  pattern?: string;
  required?: readonly string[];
}

/** Longer texts have more than a line. */
const LONG_TEXT = 4096;
const ROOT = schema as Node;

/** Those that say where things are stand before those about the machine; maps have a section of their own. */
export function sections(): Section[] {
  const properties = Object.entries(ROOT.properties ?? {}).filter(([key]) => key !== '$schema');
  const own = properties.filter(([, node]) => node.properties === undefined);
  const isMap = ([, node]: [string, Node]) => typeof node.additionalProperties === 'object';
  const fieldsOf = (entries: readonly [string, Node][]) => entries.map(([key, node]) => fieldOf([key], node, ROOT));
  return [
    { key: '', title: 'Job', fields: fieldsOf(own.filter((entry) => !isMap(entry))) },
    ...properties.flatMap(([key, node]): Section[] => {
      if (node.properties === undefined) return [];
      const fields = Object.entries(node.properties).map(([name, each]) => fieldOf([key, name], each, node));
      return [{ key, title: titled(key), fields }];
    }),
    { key: 'maps', title: 'Environment, secrets, tags', fields: fieldsOf(own.filter(isMap)) },
  ];
}

function fieldOf(path: readonly string[], node: Node, parent: Node): Field {
  const key = path.at(-1) ?? '';
  const inner = node.anyOf?.find(({ type }) => type !== 'null') ?? node;
  return {
    path,
    kind: kindOf(inner),
    label: titled(key),
    description: node.description,
    isRequired: parent.required?.includes(key) ?? false,
    usual: node.default ?? null,
    choices: inner.enum ?? [],
    isWhole: inner.type === 'integer',
    isShort: node.pattern !== undefined,
  };
}

function kindOf({ type, enum: choices, items, maxLength = 0 }: Node): FieldKind {
  if (choices) return 'choice';
  switch (type) {
    case 'boolean':
      return 'yes';
    case 'number':
    case 'integer':
      return 'number';
    case 'array':
      return items?.type === 'integer' ? 'numbers' : 'list';
    case 'object':
      return 'map';
    default:
      return maxLength > LONG_TEXT ? 'long' : 'text';
  }
}

const TITLES: Readonly<Record<string, string>> = { on: 'When something is wrong', aws: 'AWS', ami: 'AMI' };

/** `maxUsdPerHour` → `Max USD per hour` */
function titled(key: string): string {
  const words = key.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  const text = words.replace(/\busd\b/, 'USD').replace(/\bgi b\b/, 'GiB');
  return TITLES[key] ?? text.charAt(0).toUpperCase() + text.slice(1);
}
