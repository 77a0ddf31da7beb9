import { consoleLinks } from '../../cli/cloud/console-links';
import type { Cloud } from '../../cli/cloud/open-cloud';

const cloudOf = (partition: string, isLocal = false) =>
  ({
    isLocal,
    stack: { partition, region: 'eu-west-1', logGroup: '/runctl/training' },
    sessions: { executionArn: (id: string) => `arn:aws:states:eu-west-1:123456789012:execution:Jobs:${id}` },
  }) as unknown as Cloud;

describe('the links to the console', () => {
  it('lead to the execution, and to the log streams of the session', () => {
    expect(consoleLinks(cloudOf('aws'), 'digits-1')).toEqual({
      execution:
        'https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/arn:aws:states:eu-west-1:123456789012:execution:Jobs:digits-1',
      logs: 'https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Frunctl$252Ftraining$3FlogStreamNameFilter$3Ddigits-1$252F',
    });
  });

  it('go to the console of the partition, and nowhere from the local cloud', () => {
    expect(consoleLinks(cloudOf('aws-cn'), 'a')?.logs).toContain('https://eu-west-1.console.amazonaws.cn/');
    expect(consoleLinks(cloudOf('aws', true), 'a')).toBeNull();
  });
});
