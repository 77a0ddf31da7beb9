/** What arrives on the alert topic: alerts of this project, and CloudWatch's alarms in a JSON of their own. */
import { z } from 'zod';
import type { Notification } from '../notifications/notification';

export interface TopicMessage {
  subject: string | null;
  message: string;
  /** Message attributes that are texts. */
  attributes: Readonly<Record<string, string>>;
}

/** One message as people are to see it. */
export interface Alert {
  severity: Notification['severity'];
  title: string;
  /** Paragraphs apart by a blank line; indented lines are to stay as they are. */
  body: string;
  /** Where it comes from, in a few words each. */
  marks: string[];
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html; only what is shown is read. */
const alarmSchema = z.object({
  AlarmName: z.string(),
  AlarmDescription: z.string().nullish(),
  NewStateValue: z.enum(['ALARM', 'OK', 'INSUFFICIENT_DATA']),
  NewStateReason: z.string(),
  StateChangeTime: z.string().optional(),
  Region: z.string().optional(),
});
type Alarm = z.infer<typeof alarmSchema>;

const SEVERITIES: readonly string[] = ['info', 'warning', 'error'] satisfies Notification['severity'][];

/** Never throws: what is not understood is shown as it is. */
export function alertOf(topicMessage: TopicMessage): Alert {
  const alarm = alarmSchema.safeParse(parseJson(topicMessage.message));
  return alarm.success ? ofAlarm(alarm.data) : ofNotification(topicMessage);
}

function ofNotification({ subject, message, attributes }: TopicMessage): Alert {
  const { kind, severity = '', sessionId, alertId } = attributes;
  return {
    severity: SEVERITIES.includes(severity) ? (severity as Alert['severity']) : 'warning',
    title: subject ?? 'runctl',
    body: message,
    marks: [
      ...(kind === undefined ? [] : [kind]),
      ...(sessionId === undefined ? [] : [`session ${sessionId}`]),
      ...(alertId === undefined ? [] : [`alert ${alertId}`]),
    ],
  };
}

function ofAlarm({ AlarmName, AlarmDescription, NewStateValue, NewStateReason, ...rest }: Alarm): Alert {
  const { StateChangeTime: since, Region: region } = rest;
  return {
    severity: NewStateValue === 'ALARM' ? 'error' : 'info',
    title: NewStateValue === 'ALARM' ? `Alarm: ${AlarmName}` : `${AlarmName} is ${NewStateValue}`,
    body: [...(AlarmDescription ? [AlarmDescription] : []), NewStateReason].join('\n\n'),
    marks: [
      'CloudWatch alarm',
      ...(region === undefined ? [] : [region]),
      ...(since === undefined ? [] : [`since ${since}`]),
    ],
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
