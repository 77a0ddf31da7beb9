/** Applies an update expression, as dynalite's parser reads it, to an item of plain values. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { convertToNative } from '@aws-sdk/util-dynamodb';
import { LocalUnsupported } from '../../local/service';

type Path = (string | number)[];
interface Operation {
  type: 'add' | 'subtract' | 'function';
  name?: string;
  args: Operand[];
}

type Operand = Path | AttributeValue | Operation;

export interface UpdateSection {
  type: 'set' | 'remove' | 'add' | 'delete';
  path: Path;
  val: Operand;
}

export function applyUpdate(item: Readonly<Record<string, unknown>>, sections: readonly UpdateSection[]): object {
  const before = item;
  const changed = structuredClone(item) as Record<string, unknown>;
  for (const { type, path, val } of sections) {
    switch (type) {
      case 'set':
        write(changed, path, evaluate(val, before));
        break;
      case 'remove':
        write(changed, path, undefined);
        break;
      case 'add':
        write(changed, path, Number(read(before, path) ?? 0) + Number(evaluate(val, before)));
        break;
      case 'delete':
        throw new LocalUnsupported('dynamodb', 'DELETE in an update');
    }
  }
  return changed;
}

const isOperation = (operand: AttributeValue | Operation): operand is Operation => 'args' in operand;

function evaluate(operand: Operand, item: object): unknown {
  if (Array.isArray(operand)) return read(item, operand);
  if (!isOperation(operand)) return convertToNative(operand);
  const [left, right] = operand.args.map((arg) => evaluate(arg, item));
  switch (operand.type) {
    case 'add':
      return Number(left) + Number(right);
    case 'subtract':
      return Number(left) - Number(right);
    default:
      if (operand.name === 'if_not_exists') return left ?? right;
      if (operand.name === 'list_append') return [...(left as unknown[]), ...(right as unknown[])];
      throw new LocalUnsupported('dynamodb', `the function ${operand.name}`);
  }
}

function read(item: object, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], item);
}

function write(item: object, path: Path, value: unknown): void {
  const last = path.at(-1);
  const owner = read(item, path.slice(0, -1)) as Record<string, unknown> | undefined;
  if (owner === undefined || last === undefined)
    throw new Error('The document path provided in the update expression is invalid for update');
  if (value === undefined) delete owner[last];
  else owner[last] = value;
}
