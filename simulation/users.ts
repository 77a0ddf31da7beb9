/** The users of a world: who submits jobs and changes his mind, and others with machines in the same account. */
import type { Clock } from '../local/clock';
import type { Cloud } from './cloud';
import type { Happening } from './observer';
import type { SessionScenario } from './scenario';

export interface UsersOptions {
  clock: Clock;
  cloud: Pick<Cloud, 'dispatch' | 'contextFor'>;
  sessionIds: readonly string[];
  tell: (happening: Happening) => void;
}

export class Users {
  constructor(private readonly options: UsersOptions) {}

  submit({ sessionId, job, wish }: SessionScenario, stateMachineArn: string): void {
    const { tell, clock } = this.options;
    tell({ kind: 'wish', wish: 'submit', sessionId });
    this.#call('states', 'StartExecution', { stateMachineArn, name: sessionId, input: JSON.stringify(job) });
    if (wish === undefined) return;
    clock.schedule(wish.afterMs, () => {
      tell({ kind: 'wish', wish: wish.kind, sessionId });
      if (wish.kind === 'abort') {
        const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${sessionId}`;
        return this.#call('states', 'StopExecution', { executionArn });
      }
      const Detail = JSON.stringify({ sessionId, now: wish.kind === 'stopNow' });
      this.#call('events', 'PutEvents', { Entries: [{ Source: 'runctl', DetailType: 'Stop Requested', Detail }] });
    });
  }

  /** Machines of others, one of them with tags much like ours. Returns their ids. */
  async launchOthers(): Promise<string[]> {
    const { Images } = (await this.#ask('ec2', 'DescribeImages', { Owners: ['amazon'] })) as {
      Images: { ImageId: string }[];
    };
    const [SessionId = ''] = this.options.sessionIds;
    const muchLikeOurs = [
      { Key: 'CreatedBy', Value: 'somebody' },
      { Key: 'SessionId', Value: SessionId },
    ];
    const ids: string[] = [];
    for (const Tags of [[], muchLikeOurs]) {
      const TagSpecifications = Tags.length > 0 ? [{ ResourceType: 'instance', Tags }] : [];
      const kind = { ImageId: Images[0]?.ImageId, InstanceType: 'm5.large', MinCount: 1, MaxCount: 1 };
      const { Instances } = (await this.#ask('ec2', 'RunInstances', { ...kind, TagSpecifications })) as {
        Instances: { InstanceId: string }[];
      };
      ids.push(...Instances.map(({ InstanceId }) => InstanceId));
    }
    return ids;
  }

  #ask(serviceId: string, operation: string, input: object): Promise<object> {
    const { cloud } = this.options;
    return cloud.dispatch(serviceId, operation, input, cloud.contextFor('user', 'user'));
  }

  #call(serviceId: string, operation: string, input: object): void {
    this.#ask(serviceId, operation, input).catch((error: unknown) => {
      // A stop that comes too late.
      if (!(error instanceof Error && error.name === 'ExecutionDoesNotExist')) throw error;
    });
  }
}
