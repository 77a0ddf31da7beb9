import { type Dispatch, LocalUnsupported, type Service } from '../service';
import type { Authorize } from './authorize';

/**
 * Calls between services of the local cloud, in process; who makes them needs the same rights as over the endpoint.
 * @throws LocalUnsupported for a service or operation that the local cloud does not have.
 */
export function createDispatch(services: readonly Service[], authorize: Authorize): Dispatch {
  const byId = new Map(services.map((service) => [service.id, service]));
  return async (serviceId, operation, input, context) => {
    const operations = byId.get(serviceId)?.operations;
    const handler = operations && Object.hasOwn(operations, operation) ? operations[operation] : undefined;
    if (!handler) throw new LocalUnsupported(serviceId, operation);
    authorize({ caller: context.caller, serviceId, operation, input });
    return handler(input, context);
  };
}
