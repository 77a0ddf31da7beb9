import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScaledClock } from '../../local/clock';
import type { Host, HostFactory, HostSpec } from '../../local/hosts/host';
import { createProcessHosts } from '../../local/hosts/process-hosts';
import { findProcesses } from '../../local/hosts/process-table';

/** Resolves when `condition` holds; the test's own time-out bounds the wait. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

export interface TestMachines {
  factory: HostFactory;
  dataDir: string;
  logs: string[];
  launch(userData: string, spec?: Partial<HostSpec>): TestMachine;
  close(): Promise<void>;
}

export interface TestMachine {
  host: Host;
  folder: string;
  happened: { registered: boolean; poweredOff: boolean };
  /** A file of the host, or undefined. */
  read(path: string): string | undefined;
  processes(): number[];
}

let count = 0;

/** Hosts in a temporary folder, on a clock 60 times as fast as real time. */
export function testMachines(speed = 60): TestMachines {
  const dataDir = mkdtempSync(join(tmpdir(), 'runctl-hosts-'));
  const logs: string[] = [];
  const clock = new ScaledClock(speed);
  const factory = createProcessHosts({
    dataDir,
    clock,
    endpoint: () => 'http://127.0.0.1:4566',
    region: 'us-east-1',
    issueCredentials: () => ({
      accessKeyId: 'ASIATEST',
      secretAccessKey: 'secret',
      sessionToken: 'token',
      expiration: new Date(clock.now() + 3_600_000).toISOString(),
      roleName: 'NodeRole',
    }),
    clockEnvironment: { RUNCTL_CLOCK_SPEED: String(speed) },
    log: (message) => logs.push(message),
    keepDisks: true,
  });
  return {
    factory,
    dataDir,
    logs,
    launch: (userData, spec) => launch(factory, dataDir, hostSpec(userData, spec)),
    async close() {
      await factory.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export function hostSpec(userData: string, overrides: Partial<HostSpec> = {}): HostSpec {
  count += 1;
  return {
    instanceId: `i-${String(count).padStart(17, '0')}`,
    instanceType: 'm6i.large',
    imageId: 'ami-1',
    accountId: '000000000000',
    region: 'us-east-1',
    availabilityZone: 'us-east-1a',
    architecture: 'x86_64',
    privateIp: '10.0.0.4',
    privateDnsName: 'ip-10-0-0-4.ec2.internal',
    lifecycle: 'spot',
    launchedAtMs: Date.UTC(2026, 0, 1),
    userData: Buffer.from(userData).toString('base64'),
    instanceProfileArn: 'arn:aws:iam::000000000000:instance-profile/node',
    metadata: { endpointEnabled: true, tokensRequired: true, tagsEnabled: true },
    securityGroups: ['nodes'],
    tags: () => new Map([['SessionId', 'digits-1']]),
    ...overrides,
  };
}

function launch(factory: HostFactory, dataDir: string, spec: HostSpec): TestMachine {
  const happened = { registered: false, poweredOff: false };
  const host = factory.launch(spec, {
    registered: () => {
      happened.registered = true;
    },
    poweredOff: () => {
      happened.poweredOff = true;
    },
  });
  const folder = join(dataDir, 'hosts', spec.instanceId);
  return {
    host,
    folder,
    happened,
    read: (path) => (existsSync(join(folder, path)) ? readFileSync(join(folder, path), 'utf8') : undefined),
    processes: () => findProcesses({ marker: `RUNCTL_HOST_ID=${spec.instanceId}`, folder }),
  };
}
