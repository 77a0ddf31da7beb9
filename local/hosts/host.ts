/**
 * The seam between the services of the local cloud and the machines it rents out. EC2 and SSM speak to a `Host`;
 * whether that is a process tree on this machine (process-host.ts) or a model of one (simulation) is the factory's affair.
 */

/** What EC2 knows about an instance when it asks for its machine. */
export interface HostSpec {
  instanceId: string;
  instanceType: string;
  imageId: string;
  accountId: string;
  region: string;
  availabilityZone: string;
  architecture: string;
  privateIp: string;
  privateDnsName: string;
  publicIp?: string;
  lifecycle: 'spot' | 'on-demand';
  /** When EC2 accepted the launch, milliseconds since the epoch. */
  launchedAtMs: number;
  /** Base64, as given to EC2. */
  userData?: string;
  instanceProfileArn?: string;
  metadata: HostMetadataOptions;
  securityGroups: readonly string[];
  /** The instance's tags at the time of the call. */
  tags: () => ReadonlyMap<string, string>;
}

export interface HostMetadataOptions {
  endpointEnabled: boolean;
  tokensRequired: boolean;
  tagsEnabled: boolean;
}

/** What a machine tells its cloud. */
export interface HostEvents {
  /** The SSM agent has registered: commands are accepted from now on. */
  registered(): void;
  /** The operating system powered itself off (poweroff, shutdown): everything on it has ended. */
  poweredOff(): void;
}

/** One step of an SSM command. */
export interface HostCommand {
  commandId: string;
  /** Name of the document's step: the folder in which it runs. */
  step: string;
  script: string;
  workingDirectory?: string;
  /** On the clock; the command's process group is then killed by SIGKILL, as the SSM agent does. */
  timeoutSeconds: number;
}

export interface HostCommandResult {
  /** Exit code; 128 + signal number when killed by a signal. */
  exitCode: number;
  stdout: string;
  stderr: string;
  timedOut: boolean;
}

export interface RunningHostCommand {
  /** Settles when the process has ended *and* nothing holds its output open; never when the host vanishes. */
  readonly finished: Promise<HostCommandResult>;
  /** SIGKILL to the process group. */
  cancel(): void;
}

/** One machine. After `shutDown` settles or `destroy` settles, none of its processes exists. */
export interface Host {
  readonly instanceId: string;
  /** Shows the two-minute notice in instance metadata. */
  showInterruption(notice: { action: 'terminate'; atMs: number }): void;
  /** Shows the rebalance recommendation in instance metadata. */
  showRebalance(noticedAtMs: number): void;
  run(command: HostCommand): RunningHostCommand;
  /** Shuts the operating system down (units get SIGTERM), bounded by a short time; then everything is killed. */
  shutDown(): Promise<void>;
  /** The machine vanishes: SIGKILL to everything, at once. */
  destroy(): Promise<void>;
}

export interface HostFactory {
  /** Boots a machine; returns at once. */
  launch(spec: HostSpec, events: HostEvents): Host;
  /** Destroys every machine. */
  close(): Promise<void>;
}
