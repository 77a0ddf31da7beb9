/** Which instances Systems Manager can reach. */
import { DescribeInstanceInformationCommand, type SSMClient } from '@aws-sdk/client-ssm';
import type { Presence } from '../core/ports';
import { chunks, pages } from './pages';

/** Of the filter's values, and of a page. */
const IDS_PER_CALL = 50;

export class SsmPresence implements Presence {
  constructor(private readonly client: SSMClient) {}

  async online(instanceIds: readonly string[]): Promise<Set<string>> {
    const online = new Set<string>();
    for (const ids of chunks(instanceIds, IDS_PER_CALL)) {
      const nodes = pages(async (token) => {
        const { InstanceInformationList: items, NextToken: next } = await this.client.send(
          new DescribeInstanceInformationCommand({
            Filters: [{ Key: 'InstanceIds', Values: ids }],
            MaxResults: IDS_PER_CALL,
            ...(token === undefined ? {} : { NextToken: token }),
          }),
        );
        return { items, next };
      });
      for await (const { InstanceId: id, PingStatus } of nodes) if (id && PingStatus === 'Online') online.add(id);
    }
    return online;
  }
}
