import { CloudWatchClient, GetMetricDataCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateFleetCommand,
  DescribeInstancesCommand,
  EC2Client,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { DescribeStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DescribeInstanceInformationCommand, GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { cbor, dateToTag } from '@smithy/core/cbor';
import type { Gateway } from '../../local/gateway/gateway';
import { AwsError, type Service } from '../../local/service';
import { clientOptions, startTestGateway } from './start-test-gateway';

/** The last input that each operation was called with, by `service:operation`. */
const inputs: Record<string, unknown> = {};
let answers: Record<string, () => object> = {};
let gateway: Gateway & { lines: string[] };

function recording(id: string, operations: string[]): Service {
  const record = (name: string) => async (input: object) => {
    inputs[`${id}:${name}`] = input;
    return answers[`${id}:${name}`]?.() ?? {};
  };
  return { id, operations: Object.fromEntries(operations.map((name) => [name, record(name)])) };
}

beforeAll(async () => {
  gateway = await startTestGateway({
    services: [
      recording('ec2', ['CreateFleet', 'DescribeInstances']),
      recording('sns', ['Publish']),
      recording('sqs', ['GetQueueUrl']),
      recording('states', ['DescribeStateMachine']),
      recording('ssm', ['DescribeInstanceInformation', 'GetParameter']),
      recording('lambda', ['Invoke', 'ListFunctions']),
      recording('monitoring', ['PutMetricData', 'GetMetricData']),
    ],
  });
});
afterAll(() => gateway.close());
beforeEach(() => {
  answers = {};
});

describe('EC2 query', () => {
  it('carries nested lists, structures, numbers, booleans and dates both ways', async () => {
    const ec2 = new EC2Client(clientOptions(gateway));
    const launchTime = new Date('2026-01-02T03:04:05.678Z');
    const fleet = {
      Type: 'instant' as const,
      ClientToken: 'token',
      ValidUntil: new Date('2026-02-03T04:05:06Z'),
      LaunchTemplateConfigs: [
        {
          LaunchTemplateSpecification: { LaunchTemplateId: 'lt-1', Version: '$Latest' },
          Overrides: [
            { InstanceType: 'g5.xlarge' as const, SubnetId: 'subnet-1', Priority: 1.5 },
            { InstanceType: 'g4dn.xlarge' as const, SubnetId: 'subnet-2' },
          ],
        },
      ],
      TargetCapacitySpecification: { TotalTargetCapacity: 2, DefaultTargetCapacityType: 'spot' as const },
      SpotOptions: { AllocationStrategy: 'price-capacity-optimized' as const, SingleInstanceType: true },
      TagSpecifications: [{ ResourceType: 'instance' as const, Tags: [{ Key: 'Name', Value: 'a & <b>' }] }],
    };
    const output = {
      FleetId: 'fleet-1',
      Instances: [{ InstanceIds: ['i-1', 'i-2'], InstanceType: 'g5.xlarge', Lifecycle: 'spot' }],
      Errors: [{ ErrorCode: 'InsufficientInstanceCapacity', ErrorMessage: 'none <left> & "gone"' }],
    };
    answers['ec2:CreateFleet'] = () => output;
    answers['ec2:DescribeInstances'] = () => ({
      Reservations: [
        { Instances: [{ InstanceId: 'i-1', LaunchTime: launchTime, State: { Code: 16, Name: 'running' } }] },
      ],
    });

    const created = await ec2.send(new CreateFleetCommand(fleet));
    const described = await ec2.send(
      new DescribeInstancesCommand({ Filters: [{ Name: 'tag:SessionId', Values: ['s1', 's2'] }], MaxResults: 50 }),
    );

    expect(inputs['ec2:CreateFleet']).toEqual(fleet);
    expect(created).toMatchObject(output);
    expect(inputs['ec2:DescribeInstances']).toEqual({
      Filters: [{ Name: 'tag:SessionId', Values: ['s1', 's2'] }],
      MaxResults: 50,
    });
    expect(described.Reservations?.[0]?.Instances?.[0]).toMatchObject({
      InstanceId: 'i-1',
      LaunchTime: launchTime,
      State: { Code: 16, Name: 'running' },
    });
  });

  it("answers errors in EC2's own form", async () => {
    answers['ec2:DescribeInstances'] = () => {
      throw new AwsError('InvalidInstanceID.NotFound', "The instance ID 'i-9' does not exist");
    };
    const ec2 = new EC2Client(clientOptions(gateway));
    await expect(ec2.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
      name: 'InvalidInstanceID.NotFound',
      message: "The instance ID 'i-9' does not exist",
    });
  });
});

describe('AWS query', () => {
  it('carries maps and blobs', async () => {
    answers['sns:Publish'] = () => ({ MessageId: 'm-1' });
    const input = {
      TopicArn: 'arn:aws:sns:us-east-1:000000000000:alerts',
      Message: 'line 1\nline 2 & more',
      MessageAttributes: {
        kind: { DataType: 'String', StringValue: 'budget' },
        raw: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2, 255]) },
      },
    };
    const published = await new SNSClient(clientOptions(gateway)).send(new PublishCommand(input));
    expect(inputs['sns:Publish']).toEqual(input);
    expect(published.MessageId).toBe('m-1');
  });

  it("translates an error's shape name into its code on the wire", async () => {
    answers['sns:Publish'] = () => {
      throw new AwsError('NotFoundException', 'Topic does not exist', { statusCode: 404 });
    };
    const response = await fetch(gateway.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: 'AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/sns/aws4_request, Signature=x',
      },
      body: 'Action=Publish&Version=2010-03-31&Message=hello',
    });
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('<Type>Sender</Type><Code>NotFound</Code>');
    const sns = new SNSClient(clientOptions(gateway));
    await expect(sns.send(new PublishCommand({ Message: 'm' }))).rejects.toMatchObject({ name: 'NotFoundException' });
  });
});

describe('AWS JSON', () => {
  it('carries dates as seconds and leaves other JSON alone', async () => {
    const lastPing = new Date('2026-03-04T05:06:07.250Z');
    answers['ssm:DescribeInstanceInformation'] = () => ({
      InstanceInformationList: [{ InstanceId: 'i-1', PingStatus: 'Online', LastPingDateTime: lastPing }],
    });
    const ssm = new SSMClient(clientOptions(gateway));
    const input = { Filters: [{ Key: 'InstanceIds', Values: ['i-1'] }] };
    const output = await ssm.send(new DescribeInstanceInformationCommand(input));
    expect(inputs['ssm:DescribeInstanceInformation']).toEqual(input);
    expect(output.InstanceInformationList?.[0]).toEqual({
      InstanceId: 'i-1',
      PingStatus: 'Online',
      LastPingDateTime: lastPing,
    });
  });

  it("reaches the client as the service's own error class", async () => {
    answers['ssm:GetParameter'] = () => {
      throw new AwsError('ParameterNotFound', 'no such parameter');
    };
    const ssm = new SSMClient(clientOptions(gateway));
    await expect(ssm.send(new GetParameterCommand({ Name: '/a' }))).rejects.toMatchObject({
      name: 'ParameterNotFound',
      message: 'no such parameter',
    });
    answers['states:DescribeStateMachine'] = () => {
      throw new AwsError('StateMachineDoesNotExist', 'none');
    };
    const states = new SFNClient(clientOptions(gateway));
    await expect(states.send(new DescribeStateMachineCommand({ stateMachineArn: 'x' }))).rejects.toMatchObject({
      name: 'StateMachineDoesNotExist',
    });
  });

  it('keeps the query error code of a service that moved from query to JSON', async () => {
    answers['sqs:GetQueueUrl'] = () => {
      throw new AwsError('QueueDoesNotExist', 'none');
    };
    const sqs = new SQSClient(clientOptions(gateway));
    await expect(sqs.send(new GetQueueUrlCommand({ QueueName: 'q' }))).rejects.toMatchObject({
      Code: 'AWS.SimpleQueueService.NonExistentQueue',
    });
  });
});

describe('REST JSON', () => {
  it('binds path, query, headers and a blob payload', async () => {
    answers['lambda:Invoke'] = () => ({
      StatusCode: 200,
      FunctionError: 'Unhandled',
      Payload: Buffer.from('{"errorMessage":"boom"}'),
    });
    const lambda = new LambdaClient(clientOptions(gateway));
    const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:plan-job';
    const output = await lambda.send(
      new InvokeCommand({ FunctionName: functionArn, Qualifier: 'live', LogType: 'Tail', Payload: '{"a":1}' }),
    );
    expect(inputs['lambda:Invoke']).toEqual({
      FunctionName: functionArn,
      Qualifier: 'live',
      LogType: 'Tail',
      Payload: new Uint8Array(Buffer.from('{"a":1}')),
    });
    expect(output.StatusCode).toBe(200);
    expect(output.FunctionError).toBe('Unhandled');
    expect(Buffer.from(output.Payload ?? []).toString()).toBe('{"errorMessage":"boom"}');
  });

  it('answers lists as JSON bodies', async () => {
    answers['lambda:ListFunctions'] = () => ({ Functions: [{ FunctionName: 'plan-job', Timeout: 30 }] });
    const lambda = new LambdaClient(clientOptions(gateway));
    const { Functions } = await lambda.send(new ListFunctionsCommand({ MaxItems: 5 }));
    expect(inputs['lambda:ListFunctions']).toEqual({ MaxItems: 5 });
    expect(Functions).toEqual([{ FunctionName: 'plan-job', Timeout: 30 }]);
  });
});

describe('CloudWatch, which clients call by three protocols', () => {
  const timestamp = new Date('2026-05-06T07:08:09Z');

  it('takes JSON, also compressed', async () => {
    const MetricData = Array.from({ length: 300 }, (_, index) => ({
      MetricName: `loss-${index}-${'x'.repeat(40)}`,
      Value: index / 4,
      Timestamp: timestamp,
    }));
    const cloudwatch = new CloudWatchClient(clientOptions(gateway));
    await cloudwatch.send(new PutMetricDataCommand({ Namespace: 'runctl', MetricData }));
    expect(inputs['monitoring:PutMetricData']).toEqual({ Namespace: 'runctl', MetricData });
  });

  it('takes and answers CBOR', async () => {
    answers['monitoring:GetMetricData'] = () => ({
      MetricDataResults: [{ Id: 'a', Timestamps: [timestamp], Values: [0.5] }],
    });
    const response = await fetch(`${gateway.endpoint}/service/GraniteServiceVersion20100801/operation/GetMetricData`, {
      method: 'POST',
      headers: {
        'content-type': 'application/cbor',
        'smithy-protocol': 'rpc-v2-cbor',
        authorization: 'AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/monitoring/aws4_request, Signature=x',
      },
      body: Buffer.from(cbor.serialize({ StartTime: dateToTag(timestamp), MetricDataQueries: [{ Id: 'a' }] })),
    });
    expect(inputs['monitoring:GetMetricData']).toEqual({ StartTime: timestamp, MetricDataQueries: [{ Id: 'a' }] });
    const answer = cbor.deserialize(new Uint8Array(await response.arrayBuffer()));
    expect(answer.MetricDataResults[0]).toMatchObject({ Id: 'a', Values: [0.5] });
  });

  it('takes and answers query', async () => {
    const cloudwatch = new CloudWatchClient(clientOptions(gateway));
    answers['monitoring:GetMetricData'] = () => ({ MetricDataResults: [] });
    await cloudwatch.send(
      new GetMetricDataCommand({ StartTime: timestamp, EndTime: timestamp, MetricDataQueries: [] }),
    );
    const response = await fetch(gateway.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: 'AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/monitoring/aws4_request, Signature=x',
      },
      body: 'Action=PutMetricData&Version=2010-08-01&Namespace=n&MetricData.member.1.MetricName=loss&MetricData.member.1.Value=2',
    });
    expect(await response.text()).toContain('<PutMetricDataResponse xmlns="http://monitoring.amazonaws.com');
    expect(inputs['monitoring:PutMetricData']).toEqual({
      Namespace: 'n',
      MetricData: [{ MetricName: 'loss', Value: 2 }],
    });
  });
});

describe('what the local cloud does not have', () => {
  it('refuses an operation loudly, in the protocol of the caller', async () => {
    const ec2 = new EC2Client(clientOptions(gateway));
    await expect(ec2.send(new TerminateInstancesCommand({ InstanceIds: ['i-1'] }))).rejects.toMatchObject({
      name: 'LocalUnsupported',
      message: expect.stringContaining('TerminateInstances of ec2'),
    });
    expect(gateway.lines.join('\n')).toContain('ec2:TerminateInstances');
  });

  it('refuses a service that it does not know', async () => {
    const response = await fetch(gateway.endpoint, {
      method: 'POST',
      headers: { authorization: 'AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/kinesis/aws4_request, Signature=x' },
      body: '{}',
    });
    expect(response.status).toBe(501);
    expect(response.headers.get('x-amzn-errortype')).toBe('LocalUnsupported');
  });

  it.each([
    ['ec2', 'Action=DescribeInstances&Version=2016-11-15&Colour.1=red', 'Colour'],
    [
      'sns',
      'Action=Publish&Version=2010-03-31&Message=a&MessageAttributes.entry.1.Name=k&MessageAttributes.entry.1.Value.Colour=red',
      'MessageAttributes.k.Colour',
    ],
  ])('refuses a field that %s does not have', async (service, body, field) => {
    const response = await fetch(gateway.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/${service}/aws4_request, Signature=x`,
      },
      body,
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(new RegExp(`UnknownParameter.*${field}`, 's'));
  });

  it('refuses a value of the wrong kind', async () => {
    const response = await fetch(gateway.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'AmazonSSM.GetParameter', 'content-type': 'application/x-amz-json-1.1' },
      body: '{"Name": 5}',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ __type: 'SerializationException', message: 'Name is not a string.' });
  });
});
