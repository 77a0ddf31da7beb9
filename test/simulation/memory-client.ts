/** Commands of the real SDK, answered by a double of the simulation: so that the adapters' tests run on it as well. */
import type { CallContext, Service } from '../../local/service';

const CONTEXT: CallContext = {
  caller: {
    accessKeyId: 'TEST',
    accountId: '000000000000',
    arn: 'arn:aws:iam::000000000000:user/test',
    userId: 'TEST',
  },
  accountId: '000000000000',
  region: 'us-east-1',
  requestId: 'test',
};

/** `Client` is whatever the adapter wants: it uses `send` alone. */
export function memoryClient<Client>({ operations }: Service): Client {
  const send = async (command: { constructor: { name: string }; input: object }): Promise<object> => {
    const name = command.constructor.name.replace(/Command$/, '');
    const operation = operations[name];
    if (operation === undefined) throw new Error(`The simulation has no ${name}.`);
    try {
      return await operation(command.input, CONTEXT);
    } catch (error) {
      if (error instanceof Error && 'statusCode' in error) {
        Object.assign(error, { $metadata: { httpStatusCode: error.statusCode } });
      }
      throw error;
    }
  };
  return { send } as Client;
}
