/** The AWS SDK as a function in a world has it: clients whose `send` is a call of the world, and commands that are data. */
export interface ClientConfig {
  maxAttempts?: number;
  requestHandler?: { requestTimeout?: number };
}

export type Send = (serviceId: string, operation: string, input: object, config: ClientConfig) => Promise<object>;

/** Makes the module that bundles/cut-off-sdk.ts refers to. */
export function createSdk(send: Send, newId: () => string) {
  return {
    client: (serviceId: string) =>
      class {
        constructor(readonly config: ClientConfig = {}) {}
        send(command: { operation: string; input: object }): Promise<object> {
          return send(serviceId, command.operation, command.input, this.config);
        }
        destroy(): void {}
      },
    command: (operation: string) =>
      class {
        readonly operation = operation;
        constructor(readonly input: object = {}) {}
      },
    documentClient: () => ({ from: (client: object) => client }),
    /** Whoever has the address has the object: it is a secret. */
    presigner: () => async (_client: object, command: { input: { Bucket: string; Key: string } }) =>
      `https://${command.input.Bucket}.s3.amazonaws.com/${command.input.Key}?X-Amz-Signature=${newId()}`,
  };
}
