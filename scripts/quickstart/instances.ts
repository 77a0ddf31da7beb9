/** The job's instances, as EC2 tells them. */
import { DescribeInstancesCommand, type EC2Client, type Filter, type Instance } from '@aws-sdk/client-ec2';
import { CREATED_BY, TAG } from '../../core/tags';

/** States in which an instance is still on the bill, or soon will be. */
const ALIVE = ['pending', 'running', 'stopping', 'stopped', 'shutting-down'];

export function instancesOfSession(ec2: EC2Client, sessionId: string): Promise<Instance[]> {
  return describe(ec2, [{ Name: `tag:${TAG.sessionId}`, Values: [sessionId] }]);
}

/** Whatever runctl ever launched and that is not terminated. */
export function instancesLeft(ec2: EC2Client): Promise<Instance[]> {
  return describe(ec2, [
    { Name: `tag:${TAG.createdBy}`, Values: [CREATED_BY] },
    { Name: 'instance-state-name', Values: ALIVE },
  ]);
}

export function tagOf({ Tags }: Instance, key: string): string | undefined {
  return Tags?.find(({ Key }) => Key === key)?.Value;
}

async function describe(ec2: EC2Client, Filters: Filter[]): Promise<Instance[]> {
  const instances: Instance[] = [];
  let NextToken: string | undefined;
  do {
    const page = await ec2.send(new DescribeInstancesCommand({ Filters, ...(NextToken && { NextToken }) }));
    instances.push(...(page.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return instances;
}
