import { networkInterfaces } from 'node:os';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import type { AuthorizationRequest } from '../../local/gateway/authorize';
import { createDispatch } from '../../local/gateway/dispatch';
import { AwsError, type Service } from '../../local/service';
import { ManualClock } from '../support/manual-clock';
import { clientOptions, startTestGateway, type TestGateway } from './start-test-gateway';

let gateway: TestGateway;
afterEach(() => gateway.close());

const ec2: Service = { id: 'ec2', operations: { DescribeInstances: async () => ({ Reservations: [] }) } };

describe('the gateway', () => {
  it('asks before a call is made whether the caller may make it', async () => {
    const asked: AuthorizationRequest[] = [];
    const authorize = (request: AuthorizationRequest) => {
      asked.push(request);
      if (request.caller.roleName !== 'Allowed') throw new AwsError('AccessDenied', 'no', { statusCode: 403 });
    };
    gateway = await startTestGateway({ services: [ec2], authorize });
    const { expiration: _, ...credentials } = gateway.identities.issueForRole('Allowed', 'i-1');
    const call = (more: object) =>
      new EC2Client({ ...clientOptions(gateway), ...more }).send(
        new DescribeInstancesCommand({ InstanceIds: ['i-1'] }),
      );
    await expect(call({})).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(call({ credentials })).resolves.toBeDefined();
    expect(asked.at(-1)).toMatchObject({
      serviceId: 'ec2',
      operation: 'DescribeInstances',
      input: { InstanceIds: ['i-1'] },
      caller: { arn: 'arn:aws:sts::000000000000:assumed-role/Allowed/i-1' },
    });
    const table = new GetItemCommand({ TableName: 'sessions', Key: { id: { S: 's' } } });
    await expect(new DynamoDBClient(clientOptions(gateway)).send(table)).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    expect(asked.at(-1)).toMatchObject({
      serviceId: 'dynamodb',
      operation: 'GetItem',
      input: { TableName: 'sessions' },
    });
  });

  it("tells a service's own fault as an internal failure, and logs where it happened", async () => {
    const broken = { ...ec2, operations: { DescribeInstances: () => Promise.reject(new TypeError('oops')) } };
    gateway = await startTestGateway({ services: [broken] });
    const call = new EC2Client(clientOptions(gateway)).send(new DescribeInstancesCommand({}));
    await expect(call).rejects.toMatchObject({ name: 'InternalFailure', $metadata: { httpStatusCode: 500 } });
    expect(gateway.lines.join('\n')).toMatch(/ec2:DescribeInstances failed: TypeError: oops\n.*gateway\.test/s);
  });

  it('tells its own time', async () => {
    gateway = await startTestGateway({ clock: new ManualClock(Date.UTC(2030, 0, 1)), services: [ec2] });
    const response = await fetch(
      `${gateway.endpoint}/?Action=DescribeInstances&X-Amz-Credential=k/20300101/us-east-1/ec2/aws4_request`,
    );
    expect(response.headers.get('date')).toBe('Tue, 01 Jan 2030 00:00:00 GMT');
    expect(await response.text()).toContain(
      '<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">',
    );
  });

  it('has room for calls of its own', async () => {
    gateway = await startTestGateway({
      controlRoutes: [
        { pathPrefix: '/_local/health', handle: (_request, response) => void response.end('{"ok":true}') },
      ],
    });
    expect(await (await fetch(`${gateway.endpoint}/_local/health`)).json()).toEqual({ ok: true });
  });

  it('listens on loopback only', async () => {
    gateway = await startTestGateway();
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    for (const { address } of own.filter(({ internal, family }) => !internal && family === 'IPv4')) {
      await expect(fetch(`http://${address}:${gateway.port}/`)).rejects.toThrow('fetch failed');
    }
    expect(gateway.endpoint).toBe(`http://127.0.0.1:${gateway.port}`);
  });
});

it('calls in process reach the same operations', async () => {
  gateway = await startTestGateway();
  const dispatch = createDispatch([ec2], () => {});
  const caller = { accessKeyId: 'k', accountId: '0', arn: 'a', userId: 'u' };
  const context = { caller, accountId: '0', region: 'us-east-1', requestId: 'r' };
  await expect(dispatch('ec2', 'DescribeInstances', {}, context)).resolves.toEqual({ Reservations: [] });
  await expect(dispatch('ec2', 'toString', {}, context)).rejects.toMatchObject({ name: 'LocalUnsupported' });
  await expect(dispatch('ecs', 'RunTask', {}, context)).rejects.toMatchObject({ name: 'LocalUnsupported' });
});
