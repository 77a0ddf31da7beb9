import { type Dispatch, LocalUnsupported, type Service } from '../service';

/**
 * Calls between services of the local cloud, in process.
 * @throws LocalUnsupported for a service or operation that the local cloud does not have.
 */
export function createDispatch(services: readonly Service[]): Dispatch {
  const byId = new Map(services.map((service) => [service.id, service]));
  return async (serviceId, operation, input, context) => {
    const operations = byId.get(serviceId)?.operations;
    const handler = operations && Object.hasOwn(operations, operation) ? operations[operation] : undefined;
    if (!handler) throw new LocalUnsupported(serviceId, operation);
    return handler(input, context);
  };
}
