/**
 * EventBridge's default bus. Events are delivered asynchronously and once; `deliveryFaults` loses, doubles and delays
 * them, as real buses may. Rules are in memory: the deployed template brings them at each start.
 */
import type {
  PutEventsRequest,
  PutEventsRequestEntry,
  PutEventsResponse,
  PutEventsResultEntry,
  TestEventPatternRequest,
  TestEventPatternResponse,
} from '@aws-sdk/client-eventbridge';
import { parseJsonText } from '../../json-text';
import { AwsError, type EmitEvent, LocalUnsupported, type Service } from '../../service';
import { Bus, type BusOptions } from './bus';
import { compileEventPattern } from './event-pattern';

export interface EventsService extends Service {
  /** Puts an event of an AWS service on the bus. Returns before anything is delivered. */
  readonly emit: EmitEvent;
  /** Cancels the schedules, and the deliveries that have not begun. */
  close(): Promise<void>;
}

const MAX_ENTRIES = 10;

export function createEvents(options: BusOptions): EventsService {
  const bus = new Bus(options);
  return {
    id: 'events',
    emit: (event) => void bus.put(event),
    operations: {
      ...bus.rules.operations,
      PutEvents: async (input: PutEventsRequest): Promise<PutEventsResponse> => {
        const entries = input.Entries ?? [];
        if (entries.length > MAX_ENTRIES) {
          throw new AwsError('ValidationException', `At most ${MAX_ENTRIES} entries can be put in one call.`);
        }
        const results = entries.map((entry) => putEntry(bus, entry));
        return { Entries: results, FailedEntryCount: results.filter((result) => result.ErrorCode).length };
      },
      TestEventPattern: async (input: TestEventPatternRequest): Promise<TestEventPatternResponse> => ({
        Result: compileEventPattern(input.EventPattern)(parseObject(input.Event)),
      }),
      ListEventBuses: async () => ({ EventBuses: [describeBus(options)] }),
      DescribeEventBus: async () => describeBus(options),
    },
    close: async () => bus.close(),
  };
}

/** One entry's fault is its own: the others of the call are put. */
function putEntry(bus: Bus, entry: PutEventsRequestEntry): PutEventsResultEntry {
  const { Source, DetailType, Detail, Resources, Time, EventBusName } = entry;
  if (EventBusName !== undefined && !/(^|\/)default$/.test(EventBusName)) {
    throw new LocalUnsupported('events', `the event bus ${EventBusName}`);
  }
  const missing = Object.entries({ Source, DetailType, Detail }).find(([, value]) => !value)?.[0];
  if (missing)
    return refused('InvalidArgument', `Parameter ${missing} is not valid. Reason: ${missing} is a required argument.`);
  if (Source?.startsWith('aws.')) {
    return refused('NotAuthorizedForSourceException', 'Not authorized for the source.');
  }
  const detail = parseObject(Detail);
  if (!detail) return refused('MalformedDetail', 'Detail is malformed.');
  const { id } = bus.put({
    source: Source ?? '',
    'detail-type': DetailType ?? '',
    detail,
    ...(Resources && { resources: Resources }),
    ...(Time && { time: Time.toISOString() }),
  });
  return { EventId: id };
}

function refused(ErrorCode: string, ErrorMessage: string): PutEventsResultEntry {
  return { ErrorCode, ErrorMessage };
}

function parseObject(text: string | undefined): object | undefined {
  try {
    const value: unknown = parseJsonText(text ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function describeBus({ region, accountId }: BusOptions): { Name: string; Arn: string } {
  return { Name: 'default', Arn: `arn:aws:events:${region}:${accountId}:event-bus/default` };
}
