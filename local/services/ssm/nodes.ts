/** The instances that SSM manages: those whose agent has registered, as long as EC2 says that they live. */
import type { DescribeInstanceInformationRequest, InstanceInformation } from '@aws-sdk/client-ssm';
import type { Clock } from '../../clock';
import type { Host } from '../../hosts/host';
import { AwsError, LocalUnsupported } from '../../service';
import { paginate } from './page';

/** An instance as SSM sees it; EC2's own records fit. */
export interface ManagedNode {
  readonly instanceId: string;
  readonly state: string;
  readonly isRegistered: boolean;
  readonly vanishedAtMs?: number;
  readonly privateIp: string;
  readonly host?: Host;
}

/** All instances that EC2 knows. */
export type FindNodes = () => readonly ManagedNode[];

/** The agent pings every five minutes; a node that missed its ping has lost its connection. */
const PING_EVERY_MS = 5 * 60_000;

const isManaged = (node: ManagedNode) => node.isRegistered && (node.state === 'running' || node.state === 'pending');

/**
 * The nodes with these ids.
 * @throws AwsError InvalidInstanceId when one is not registered, or no longer alive
 */
export function findManagedNodes(findNodes: FindNodes, ids: readonly string[], accountId: string): ManagedNode[] {
  const managed = new Map(findNodes().flatMap((node) => (isManaged(node) ? [[node.instanceId, node]] : [])));
  const missing = ids.filter((id) => !managed.has(id));
  if (missing.length > 0) {
    throw new AwsError(
      'InvalidInstanceId',
      `Instances [[${missing.join(', ')}]] not in a valid state for account ${accountId}`,
    );
  }
  return ids.flatMap((id) => managed.get(id) ?? []);
}

function toInformation(node: ManagedNode, now: number): InstanceInformation {
  const lastPingMs = node.vanishedAtMs ?? now;
  return {
    InstanceId: node.instanceId,
    PingStatus: now - lastPingMs > PING_EVERY_MS ? 'ConnectionLost' : 'Online',
    LastPingDateTime: new Date(lastPingMs),
    AgentVersion: '3.3.3050.0',
    IsLatestVersion: true,
    PlatformType: 'Linux',
    PlatformName: 'Amazon Linux',
    PlatformVersion: '2023',
    ResourceType: 'EC2Instance',
    IPAddress: node.privateIp,
    ComputerName: `ip-${node.privateIp.replaceAll('.', '-')}`,
    SourceId: node.instanceId,
    SourceType: 'AWS::EC2::Instance',
  };
}

const FILTERS: Record<string, (information: InstanceInformation) => string | undefined> = {
  InstanceIds: (information) => information.InstanceId,
  PingStatus: (information) => information.PingStatus,
  PlatformTypes: (information) => information.PlatformType,
  ResourceType: (information) => information.ResourceType,
};

/** DescribeInstanceInformation, with either of its two kinds of filters. */
export function describeInstanceInformation(
  findNodes: FindNodes,
  clock: Clock,
  input: DescribeInstanceInformationRequest,
) {
  const filters = [
    ...(input.Filters ?? []).map(({ Key, Values }) => ({ key: Key, values: Values })),
    ...(input.InstanceInformationFilterList ?? []).map(({ key, valueSet }) => ({ key, values: valueSet })),
  ];
  const tests = filters.map(({ key = '', values = [] }) => {
    const read = FILTERS[key];
    if (!read) throw new LocalUnsupported('ssm', `the filter '${key}' of DescribeInstanceInformation`);
    return (information: InstanceInformation) => values.includes(read(information) ?? '');
  });
  const found = findNodes()
    .filter(isManaged)
    .map((node) => toInformation(node, clock.now()))
    .filter((information) => tests.every((test) => test(information)));
  const { items, NextToken } = paginate(found, input);
  return { InstanceInformationList: items, NextToken };
}
