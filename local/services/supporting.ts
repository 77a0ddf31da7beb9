import { LocalUnsupported, type Operation } from '../service';

/**
 * Makes operations that refuse the fields they do not act on: the gateway only knows what AWS's shapes have, and a
 * field that is taken and ignored would be a faked success. `fields` are separated by spaces.
 */
export function supporting(serviceId: string): (fields: string, run: Operation) => Operation {
  return (fields, run) => {
    const known = new Set(fields.split(' '));
    return async (input, context) => {
      const unsupported = Object.keys(input).find((name) => !known.has(name) && input[name] !== undefined);
      if (unsupported) throw new LocalUnsupported(serviceId, `the field ${unsupported}`);
      return run(input, context);
    };
  };
}
