import { ScaledClock } from '../../local/clock';
import { createProcessHosts } from '../../local/hosts/process-hosts';
import type { AwsEvent } from '../../local/service';
import { OPEN_ACCESS } from '../../local/services/ec2/access';
import { createEc2, type Ec2Service } from '../../local/services/ec2/create-ec2';
import { createSsm, type SsmService } from '../../local/services/ssm/create-ssm';
import { AL2023, context } from '../ec2/support';

export interface TestCloud {
  ec2: Ec2Service;
  ssm: SsmService;
  events: AwsEvent[];
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  call(service: 'ec2' | 'ssm', operation: string, input?: object): Promise<any>;
  /** A Spot instance that runs `userData`; resolves once SSM knows it. */
  launch(userData?: string): Promise<string>;
  close(): Promise<void>;
}

/** EC2 and SSM on process hosts in `dataDir`, an hour passing in a minute. */
export function testCloud(dataDir: string): TestCloud {
  const clock = new ScaledClock(60);
  const events: AwsEvent[] = [];
  const emitEvent = (event: AwsEvent) => void events.push(event);
  let count = 0;
  const common = {
    clock,
    newId: () => `id-${++count}`,
    accountId: '000000000000',
    region: 'us-east-1',
    emitEvent,
  };
  const hosts = createProcessHosts({
    dataDir,
    clock,
    endpoint: () => 'http://127.0.0.1:4566',
    region: 'us-east-1',
    issueCredentials: () => ({
      accessKeyId: 'A',
      secretAccessKey: 'S',
      sessionToken: 'T',
      expiration: '2100-01-01T00:00:00Z',
    }),
    clockEnvironment: {},
    log: () => {},
    keepDisks: true,
  });
  const ec2 = createEc2({ ...common, random: () => 0.5, hosts, access: OPEN_ACCESS });
  const ssm = createSsm({ ...common, nodes: () => ec2.instances() });
  const call: TestCloud['call'] = async (service, operation, input = {}) => {
    const act = { ec2, ssm }[service].operations[operation];
    if (!act) throw new Error(`no ${operation}`);
    return act(input, context);
  };
  return {
    ec2,
    ssm,
    events,
    call,
    async launch(userData = '#!/bin/sh\n') {
      const { Instances } = await call('ec2', 'RunInstances', {
        ImageId: AL2023,
        MinCount: 1,
        MaxCount: 1,
        InstanceMarketOptions: { MarketType: 'spot' },
        InstanceInitiatedShutdownBehavior: 'terminate',
        IamInstanceProfile: { Name: 'node' },
        UserData: Buffer.from(userData).toString('base64'),
      });
      const id: string = Instances[0].InstanceId;
      for (;;) {
        const { InstanceInformationList } = await call('ssm', 'DescribeInstanceInformation');
        if (InstanceInformationList.some((node: { InstanceId: string }) => node.InstanceId === id)) return id;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async close() {
      await Promise.all([ssm.close(), ec2.close()]);
    },
  };
}
