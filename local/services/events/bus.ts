import type { Clock, Timer } from '../../clock';
import { type AwsEvent, type CallContext, type Dispatch, type InvokeAsync, serviceCaller } from '../../service';
import { type DeliveryOptions, deliver } from './deliver';
import type { FullEvent } from './full-event';
import { type Rule, Rules } from './rules';
import { targetInput } from './target-input';

/** What becomes of an event on its way: tests of lost, doubled and late events decide it. */
export type DeliveryFaults = (event: FullEvent) => 'deliver' | 'drop' | 'twice' | { delayMs: number };

export interface BusOptions {
  clock: Clock;
  newId: () => string;
  region: string;
  accountId: string;
  dispatch: Dispatch;
  invokeAsync: InvokeAsync;
  /** For targets with a role. */
  contextForRole: (roleName: string, sessionName: string) => CallContext;
  log: (line: string) => void;
  deliveryFaults?: DeliveryFaults;
}

/** Takes events in and brings them to the targets of the rules that match. */
export class Bus {
  readonly rules: Rules;
  readonly #options: BusOptions;
  readonly #delivery: DeliveryOptions;
  readonly #waiting = new Set<Timer>();

  constructor(options: BusOptions) {
    this.#options = options;
    const { clock, region, accountId } = options;
    this.rules = new Rules({ clock, region, accountId, onDue: (rule) => this.#fire(rule) });
    this.#delivery = { ...options, context: (ruleArn, roleArn) => this.#context(ruleArn, roleArn) };
  }

  /** Returns at once with the event as it will be delivered. */
  put(event: AwsEvent): FullEvent {
    const full: FullEvent = {
      version: '0',
      id: this.#options.newId(),
      'detail-type': event['detail-type'],
      source: event.source,
      account: this.#options.accountId,
      time: seconds(event.time === undefined ? this.#options.clock.now() : Date.parse(event.time)),
      region: this.#options.region,
      resources: event.resources ?? [],
      detail: event.detail,
    };
    this.#underFaults(full, () => {
      for (const rule of this.rules.all()) {
        if (rule.state !== 'DISABLED' && rule.matches?.(full)) this.#toTargets(rule, full);
      }
    });
    return full;
  }

  close(): void {
    this.rules.close();
    for (const timer of this.#waiting) timer.cancel();
    this.#waiting.clear();
  }

  /** A scheduled rule's event goes to that rule alone. */
  #fire(rule: Rule): void {
    const event: FullEvent = {
      version: '0',
      id: this.#options.newId(),
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: this.#options.accountId,
      time: seconds(this.#options.clock.now()),
      region: this.#options.region,
      resources: [rule.arn],
      detail: {},
    };
    this.#underFaults(event, () => this.#toTargets(rule, event));
  }

  #underFaults(event: FullEvent, route: () => void): void {
    const fate = this.#options.deliveryFaults?.(event) ?? 'deliver';
    if (fate === 'drop') return;
    this.#later(typeof fate === 'object' ? fate.delayMs : 0, route);
    if (fate === 'twice') this.#later(0, route);
  }

  /** Never within the call that emits: what emits must not wait for what listens. */
  #later(delayMs: number, run: () => void): void {
    const timer = this.#options.clock.schedule(delayMs, () => {
      this.#waiting.delete(timer);
      run();
    });
    this.#waiting.add(timer);
  }

  #toTargets(rule: Rule, event: FullEvent): void {
    const { arn, name } = rule;
    for (const target of rule.targets.values()) {
      try {
        const payload = targetInput(target, event, { arn, name, nowMs: this.#options.clock.now() });
        void deliver(this.#delivery, { target, payload, ruleArn: arn });
      } catch (error) {
        this.#options.log(`events: no input for ${target.Arn} of ${arn}: ${error}`);
      }
    }
  }

  #context(ruleArn: string, roleArn: string | undefined): CallContext {
    const { accountId, region, newId, contextForRole } = this.#options;
    if (roleArn !== undefined) return contextForRole(roleArn.split('/').at(-1) ?? '', 'events');
    const caller = serviceCaller('events.amazonaws.com', accountId, ruleArn);
    return { caller, accountId, region, requestId: newId() };
  }
}

/** EventBridge tells times to the second. */
function seconds(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
