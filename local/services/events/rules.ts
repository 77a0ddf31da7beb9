import type {
  DescribeRuleResponse,
  ListTargetsByRuleResponse,
  PutRuleRequest,
  PutTargetsRequest,
  Rule as RuleDescription,
  RuleState,
  Target,
} from '@aws-sdk/client-eventbridge';
import type { Clock, Timer } from '../../clock';
import { AwsError, LocalUnsupported, type Operation } from '../../service';
import { checkTarget } from './deliver';
import { compileEventPattern, type EventMatcher } from './event-pattern';
import { parseSchedule, type Schedule } from './schedule';

export interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly description?: string;
  readonly eventPattern?: string;
  readonly scheduleExpression?: string;
  state: RuleState;
  matches?: EventMatcher;
  schedule?: Schedule;
  timer?: Timer;
  readonly targets: Map<string, Target>;
}

/** The rules of the default bus, in memory, with their timers. */
export class Rules {
  readonly #rules = new Map<string, Rule>();

  constructor(
    private readonly options: {
      clock: Clock;
      region: string;
      accountId: string;
      /** Called when a scheduled rule is due. */
      onDue: (rule: Rule) => void;
    },
  ) {}

  all(): Rule[] {
    return [...this.#rules.values()];
  }

  readonly operations: Readonly<Record<string, Operation>> = {
    PutRule: async (input: PutRuleRequest) => ({ RuleArn: this.put(input).arn }),
    DeleteRule: async ({ Name = '', Force }: { Name?: string; Force?: boolean }) => {
      const rule = this.#rules.get(Name);
      if (rule && rule.targets.size > 0 && !Force) {
        throw new AwsError('ValidationException', "Rule can't be deleted since it has targets.");
      }
      rule?.timer?.cancel();
      this.#rules.delete(Name);
      return {};
    },
    DescribeRule: async ({ Name = '' }: { Name?: string }): Promise<DescribeRuleResponse> => describe(this.#find(Name)),
    ListRules: async ({ NamePrefix = '' }: { NamePrefix?: string }) => ({
      Rules: this.all()
        .filter((rule) => rule.name.startsWith(NamePrefix))
        .map(describe),
    }),
    EnableRule: async ({ Name = '' }: { Name?: string }) => this.#setState(Name, 'ENABLED'),
    DisableRule: async ({ Name = '' }: { Name?: string }) => this.#setState(Name, 'DISABLED'),
    PutTargets: async (input: PutTargetsRequest) => {
      const { targets } = this.#find(input.Rule ?? '');
      for (const target of input.Targets ?? []) checkTarget(target);
      for (const target of input.Targets ?? []) targets.set(target.Id ?? '', target);
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
    RemoveTargets: async ({ Rule = '', Ids = [] }: { Rule?: string; Ids?: string[] }) => {
      const { targets } = this.#find(Rule);
      for (const id of Ids) targets.delete(id);
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
    ListTargetsByRule: async ({ Rule = '' }: { Rule?: string }): Promise<ListTargetsByRuleResponse> => ({
      Targets: [...this.#find(Rule).targets.values()],
    }),
    ListRuleNamesByTarget: async ({ TargetArn }: { TargetArn?: string }) => ({
      RuleNames: this.all()
        .filter((rule) => [...rule.targets.values()].some((target) => target.Arn === TargetArn))
        .map((rule) => rule.name),
    }),
  };

  /** Creates the rule, or replaces it and keeps its targets. @throws AwsError for a wrong pattern or schedule. */
  put(input: PutRuleRequest): Rule {
    const { Name: name = '', EventPattern, ScheduleExpression, Description, State = 'ENABLED' } = input;
    if (!/^[.\-_A-Za-z0-9]{1,64}$/.test(name)) throw new AwsError('ValidationException', `Invalid rule name: ${name}`);
    if (input.EventBusName !== undefined && !/(^|\/)default$/.test(input.EventBusName)) {
      throw new LocalUnsupported('events', `the event bus ${input.EventBusName}`);
    }
    if (EventPattern === undefined && ScheduleExpression === undefined) {
      throw new AwsError('ValidationException', 'Parameter(s) EventPattern or ScheduleExpression must be specified.');
    }
    const matches = EventPattern === undefined ? undefined : compileEventPattern(EventPattern);
    const schedule = ScheduleExpression === undefined ? undefined : parseSchedule(ScheduleExpression);
    const existing = this.#rules.get(name);
    existing?.timer?.cancel();
    const rule: Rule = {
      name,
      arn: `arn:aws:events:${this.options.region}:${this.options.accountId}:rule/${name}`,
      state: State,
      targets: existing?.targets ?? new Map(),
      ...(Description !== undefined && { description: Description }),
      ...(EventPattern !== undefined && { eventPattern: EventPattern }),
      ...(ScheduleExpression !== undefined && { scheduleExpression: ScheduleExpression }),
      ...(matches && { matches }),
      ...(schedule && { schedule }),
    };
    this.#rules.set(name, rule);
    this.#arm(rule, this.options.clock.now());
    return rule;
  }

  close(): void {
    for (const rule of this.all()) rule.timer?.cancel();
    this.#rules.clear();
  }

  /** Each time is counted from the one before, so that a schedule does not drift. */
  #arm(rule: Rule, afterMs: number): void {
    rule.timer?.cancel();
    const dueAtMs = rule.state === 'DISABLED' ? undefined : rule.schedule?.(afterMs);
    if (dueAtMs === undefined) return;
    rule.timer = this.options.clock.schedule(dueAtMs - this.options.clock.now(), () => {
      this.#arm(rule, dueAtMs);
      this.options.onDue(rule);
    });
  }

  #setState(name: string, state: RuleState): object {
    const rule = this.#find(name);
    rule.state = state;
    this.#arm(rule, this.options.clock.now());
    return {};
  }

  #find(name: string): Rule {
    const rule = this.#rules.get(name);
    if (!rule) throw new AwsError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus default.`);
    return rule;
  }
}

function describe(rule: Rule): RuleDescription {
  return {
    Name: rule.name,
    Arn: rule.arn,
    State: rule.state,
    EventBusName: 'default',
    ...(rule.eventPattern !== undefined && { EventPattern: rule.eventPattern }),
    ...(rule.scheduleExpression !== undefined && { ScheduleExpression: rule.scheduleExpression }),
    ...(rule.description !== undefined && { Description: rule.description }),
  };
}
