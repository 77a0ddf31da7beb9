import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { clientConfig } from '../../aws/client-config';
import { isRetryable } from '../../aws/errors';

describe("a client's call", () => {
  it('that is never answered ends as a passing trouble, not with the function', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = new SNSClient({
      ...clientConfig,
      maxAttempts: 1,
      requestHandler: { ...clientConfig.requestHandler, requestTimeout: 50 },
      region: 'us-east-1',
      endpoint: `http://127.0.0.1:${port}`,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    const error = await client.send(new PublishCommand({ Message: 'x' })).catch((thrown: unknown) => thrown);
    expect(isRetryable(error)).toBe(true);
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
});
