/**
 * The life of an instance: pending → running → shutting-down → terminated (or stopped), with the reasons and events
 * that EC2 gives, driving the host behind it.
 */
import type { InstanceStateName } from '@aws-sdk/client-ec2';
import type { HostSpec } from '../../hosts/host';
import { END_REASONS, type EndReason } from './end-reasons';
import { resourceId } from './ids';
import { type Ec2Model, type Instance, type LaunchSpec, tagsOf } from './model';

/** Shorter than on EC2 (5 to 20 s), so that a rehearsal is not mostly waiting; the states are passed through all the same. */
const PENDING_MS = 2_000;
const FAIL_LAUNCH_MS = 2_000;
const SHUTTING_DOWN_AT_LEAST_MS = 2_000;
/** From a machine's disappearance until EC2 says so. */
const NOTICE_VANISHED_MS = 5_000;
/** The two-minute notice. */
const INTERRUPTION_NOTICE_MS = 120_000;
/** A terminated instance is shown for an hour. */
const FORGET_TERMINATED_MS = 3_600_000;

export interface Launch {
  reservationId: string;
  launchIndex: number;
  /** EC2 accepts the launch, then finds that it has no capacity after all. */
  isDoomed: boolean;
}

const ENDED: readonly InstanceStateName[] = ['shutting-down', 'terminated'];

/** e.g. 2026-01-31 12:00:00 GMT */
const inWords = (atMs: number) => `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} GMT`;

export class Lifecycle {
  constructor(readonly model: Ec2Model) {}

  /** Makes an instance and boots its host. */
  launch(spec: LaunchSpec, { reservationId, launchIndex, isDoomed }: Launch): Instance {
    const { model } = this;
    const instance: Instance = {
      instanceId: resourceId('i', model.newId),
      reservationId,
      spec,
      launchIndex,
      launchedAtMs: Math.floor(model.clock.now() / 1000) * 1000,
      state: 'pending',
      transitionReason: '',
      ...addresses(model, spec),
      networkInterfaceId: resourceId('eni', model.newId),
      spotRequestId: spec.market === 'spot' ? resourceId('sir', model.newId).slice(0, 12) : undefined,
      volumeIds: [],
      isRegistered: false,
    };
    model.instances.set(instance.instanceId, instance);
    this.#tag(instance);
    this.#makeVolumes(instance);
    this.#emitState(instance);
    if (isDoomed) model.clock.schedule(FAIL_LAUNCH_MS, () => this.terminate(instance, END_REASONS.byCapacity));
    model.clock.schedule(PENDING_MS, () => this.#run(instance));
    return instance;
  }

  /** Ends an instance gracefully: the operating system is shut down within a short time. */
  terminate(instance: Instance, reason: EndReason = END_REASONS.byUser): void {
    if (ENDED.includes(instance.state)) return;
    this.#setState(instance, 'shutting-down', reason);
    const earliest = new Promise<void>((resolve) => this.model.clock.schedule(SHUTTING_DOWN_AT_LEAST_MS, resolve));
    const shutDown = instance.host?.shutDown() ?? Promise.resolve();
    Promise.all([shutDown, earliest]).then(
      () => this.#terminated(instance),
      () => this.#terminated(instance),
    );
  }

  /** The two-minute notice, then the end by AWS. */
  interrupt(instance: Instance): void {
    const { clock, region } = this.model;
    instance.noticedAtMs = clock.now();
    this.#showNotice(instance);
    this.#emit(instance, 'EC2 Spot Instance Interruption Warning', { 'instance-action': 'terminate' }, [
      // The user guide shows the zone where other ARNs have region and account.
      `arn:aws:ec2:${instance.spec.subnet.availabilityZone || region}:instance/${instance.instanceId}`,
    ]);
    clock.schedule(INTERRUPTION_NOTICE_MS, () => this.terminate(instance, END_REASONS.bySpot));
  }

  rebalance(instance: Instance): void {
    instance.host?.showRebalance(this.model.clock.now());
    this.#emit(instance, 'EC2 Instance Rebalance Recommendation', {});
  }

  /** The machine vanishes. EC2 notices soon, or (silent) goes on saying that it runs. */
  async kill(instance: Instance, isSilent: boolean): Promise<void> {
    instance.vanishedAtMs = this.model.clock.now();
    await instance.host?.destroy();
    if (isSilent) return;
    const reason = instance.spec.market === 'spot' ? END_REASONS.bySpot : END_REASONS.byFailure;
    this.model.clock.schedule(NOTICE_VANISHED_MS, () => this.terminate(instance, reason));
  }

  #run(instance: Instance): void {
    if (instance.state !== 'pending') return;
    this.#setState(instance, 'running');
    if (instance.vanishedAtMs !== undefined) return;
    instance.host = this.model.hosts.launch(hostSpec(this.model, instance), {
      registered: () => {
        const { instanceId, spec } = instance;
        instance.isRegistered = this.model.access.mayRegister(instanceId, spec.instanceProfileArn);
      },
      poweredOff: () => this.#poweredOff(instance),
    });
    this.#showNotice(instance);
  }

  #showNotice({ host, noticedAtMs }: Instance): void {
    if (noticedAtMs === undefined) return;
    host?.showInterruption({ action: 'terminate', atMs: noticedAtMs + INTERRUPTION_NOTICE_MS });
    host?.showRebalance(noticedAtMs);
  }

  #poweredOff(instance: Instance): void {
    if (instance.state !== 'running') return;
    instance.vanishedAtMs = this.model.clock.now();
    // A one-time spot request ends with its instance: there is nothing to stop to.
    if (instance.spec.shutdownBehavior === 'terminate' || instance.spec.market === 'spot') {
      this.terminate(instance, END_REASONS.byInstance);
      return;
    }
    this.#setState(instance, 'stopping', END_REASONS.byInstance);
    this.model.clock.schedule(SHUTTING_DOWN_AT_LEAST_MS, () => {
      if (instance.state === 'stopping') this.#setState(instance, 'stopped');
    });
  }

  #terminated(instance: Instance): void {
    instance.endedAtMs = this.model.clock.now();
    this.#setState(instance, 'terminated');
    for (const volumeId of instance.volumeIds.splice(0)) {
      const volume = this.model.volumes.get(volumeId);
      if (volume?.deleteOnTermination) {
        this.model.volumes.delete(volumeId);
        this.model.tags.delete(volumeId);
      } else if (volume) {
        this.model.volumes.set(volumeId, { ...volume, instanceId: null });
      }
    }
    this.model.clock.schedule(FORGET_TERMINATED_MS, () => {
      this.model.instances.delete(instance.instanceId);
      this.model.tags.delete(instance.instanceId);
    });
  }

  #setState(instance: Instance, state: InstanceStateName, reason?: EndReason): void {
    instance.state = state;
    if (reason) {
      instance.stateReason = { Code: reason.code, Message: reason.message };
      instance.transitionReason = reason.transition(inWords(this.model.clock.now()));
    }
    this.#emitState(instance);
  }

  #emitState(instance: Instance): void {
    this.#emit(instance, 'EC2 Instance State-change Notification', { state: instance.state });
  }

  #emit(instance: Instance, detailType: string, detail: object, resources?: string[]): void {
    const { accountId, region, clock, emitEvent } = this.model;
    emitEvent({
      source: 'aws.ec2',
      'detail-type': detailType,
      detail: { 'instance-id': instance.instanceId, ...detail },
      resources: resources ?? [`arn:aws:ec2:${region}:${accountId}:instance/${instance.instanceId}`],
      time: new Date(clock.now()).toISOString(),
    });
  }

  #tag(instance: Instance): void {
    const { spec } = instance;
    const tags = tagsOf(this.model, instance.instanceId);
    for (const [key, value] of spec.tags.get('instance') ?? []) tags.set(key, value);
    if (spec.fleetId) tags.set('aws:ec2:fleet-id', spec.fleetId);
    if (spec.launchTemplate) {
      tags.set('aws:ec2launchtemplate:id', spec.launchTemplate.id);
      tags.set('aws:ec2launchtemplate:version', spec.launchTemplate.version);
    }
  }

  #makeVolumes(instance: Instance): void {
    for (const device of instance.spec.blockDevices) {
      const volumeId = resourceId('vol', this.model.newId);
      this.model.volumes.set(volumeId, {
        ...device,
        volumeId,
        instanceId: instance.instanceId,
        availabilityZone: instance.spec.subnet.availabilityZone,
        createdAtMs: instance.launchedAtMs,
      });
      this.model.tags.set(volumeId, new Map(instance.spec.tags.get('volume')));
      instance.volumeIds.push(volumeId);
    }
  }
}

/**
 * Private addresses count up within the subnet, with 127 in front: all of 127.0.0.0/8 is this machine, so that instances
 * reach each other by them, each with ports of its own. Public ones come from a documentation range (RFC 5737).
 */
function addresses(model: Ec2Model, spec: LaunchSpec): { privateIp: string; publicIp: string | undefined } {
  const taken = new Set([...model.instances.values()].map(({ privateIp }) => privateIp));
  const [, b, c] = spec.subnet.cidr.split('.');
  const address = (serial: number) => `127.${b}.${Number(c) + (serial >> 8)}.${serial & 255}`;
  let serial = model.instances.size + 4;
  while (taken.has(address(serial))) serial += 1;
  const privateIp = address(serial);
  return { privateIp, publicIp: spec.publicIp ? `203.0.113.${serial % 256}` : undefined };
}

export function privateDnsName(region: string, privateIp: string): string {
  const domain = region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`;
  return `ip-${privateIp.replaceAll('.', '-')}.${domain}`;
}

function hostSpec(model: Ec2Model, instance: Instance): HostSpec {
  const { spec } = instance;
  return {
    instanceId: instance.instanceId,
    instanceType: spec.type.name,
    imageId: spec.image.imageId,
    accountId: model.accountId,
    region: model.region,
    availabilityZone: spec.subnet.availabilityZone,
    architecture: spec.type.architecture,
    privateIp: instance.privateIp,
    privateDnsName: privateDnsName(model.region, instance.privateIp),
    ...(instance.publicIp ? { publicIp: instance.publicIp } : {}),
    lifecycle: spec.market,
    launchedAtMs: instance.launchedAtMs,
    ...(spec.userData ? { userData: spec.userData } : {}),
    ...(spec.instanceProfileArn ? { instanceProfileArn: spec.instanceProfileArn } : {}),
    metadata: spec.metadata,
    securityGroups: spec.securityGroupIds.map((id) => model.securityGroups.get(id)?.groupName ?? id),
    tags: () => tagsOf(model, instance.instanceId),
  };
}
