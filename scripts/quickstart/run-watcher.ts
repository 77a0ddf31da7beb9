/** Looks at a session from outside, by the same public calls that anybody has: Step Functions, EC2 and the bucket. */
import type { Instance } from '@aws-sdk/client-ec2';
import { DescribeExecutionCommand, GetExecutionHistoryCommand } from '@aws-sdk/client-sfn';
import { type FinalStatus, finalStatusSchema, type NodeStatus, nodeStatusSchema } from '../../core/node/node-status';
import { finalKey, instanceIdOf, STATUS_PREFIX, statusKey } from '../../core/s3-layout';
import { TAG } from '../../core/tags';
import type { Clients } from './clients';
import { instancesOfSession, tagOf } from './instances';
import { listKeys, readJson } from './objects';
import type { AttemptView, Note, RunView } from './run-view';

export interface Watched {
  sessionId: string;
  executionArn: string;
  bucket: string;
  /** Milliseconds; the beginning is when the watcher is made. */
  now(): number;
}

export class RunWatcher {
  readonly #notes: Note[] = [];
  readonly #startedAtMs: number;
  /** aws:userid by instance id, once the node has spoken. */
  readonly #userIds = new Map<string, string>();

  constructor(
    private readonly clients: Clients,
    private readonly watched: Watched,
  ) {
    this.#startedAtMs = watched.now();
  }

  /** Tells of something that the quickstart itself did. */
  note(text: string): void {
    this.#notes.push({ atSeconds: this.#elapsedSeconds(), text });
  }

  userIdOf(instanceId: string): string | undefined {
    return this.#userIds.get(instanceId);
  }

  async look(): Promise<RunView> {
    const { sessionId } = this.watched;
    const [execution, instances] = await Promise.all([
      this.#execution(),
      instancesOfSession(this.clients.ec2, sessionId),
      this.#learnUserIds(),
    ]);
    const attempts = await Promise.all(instances.map((instance) => this.#attempt(instance)));
    return {
      sessionId,
      elapsedSeconds: this.#elapsedSeconds(),
      execution,
      attempts: attempts.sort((a, b) => a.number - b.number),
      notes: [...this.#notes],
    };
  }

  async #execution(): Promise<RunView['execution']> {
    const { executionArn } = this.watched;
    const { states } = this.clients;
    const [{ status }, { events }] = await Promise.all([
      states.send(new DescribeExecutionCommand({ executionArn })),
      states.send(new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 20 })),
    ]);
    const entered = events?.find(({ stateEnteredEventDetails }) => stateEnteredEventDetails);
    return { status: status ?? 'UNKNOWN', state: entered?.stateEnteredEventDetails?.name ?? null };
  }

  async #learnUserIds(): Promise<void> {
    for (const key of await listKeys(this.clients.s3, this.watched.bucket, STATUS_PREFIX)) {
      const userId = key.slice(STATUS_PREFIX.length).replace(/\.json$/, '');
      const instanceId = instanceIdOf(userId);
      if (instanceId) this.#userIds.set(instanceId, userId);
    }
  }

  async #attempt(instance: Instance): Promise<AttemptView> {
    const instanceId = instance.InstanceId ?? '';
    const userId = this.#userIds.get(instanceId);
    const [status, final] = userId === undefined ? [] : await this.#words(userId);
    return {
      number: Number(tagOf(instance, TAG.attempt)),
      instanceId,
      instanceType: instance.InstanceType ?? '?',
      zone: instance.Placement?.AvailabilityZone ?? '?',
      instanceState: instance.State?.Name ?? '?',
      outcome: final?.outcome ?? null,
      progress: (final?.outcome ? final : status)?.progress ?? null,
      status: status ? { ...status, ...(final?.outcome ? pick(final) : {}) } : null,
    };
  }

  async #words(userId: string): Promise<[NodeStatus | undefined, FinalStatus | undefined]> {
    const { s3 } = this.clients;
    const [status, final] = await Promise.all(
      [statusKey(userId), finalKey(userId)].map((key) => readJson(s3, this.watched.bucket, key)),
    );
    return [nodeStatusSchema.optional().parse(status), finalStatusSchema.optional().parse(final)];
  }

  #elapsedSeconds(): number {
    return (this.watched.now() - this.#startedAtMs) / 1000;
  }
}

/** The last word is newer than the last heartbeat. */
function pick({ stages, lastCheckpoint, resumedFrom }: FinalStatus) {
  return { stages, lastCheckpoint, resumedFrom };
}
