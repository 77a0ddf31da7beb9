/** Brings what was published to the alert topic into a Slack channel. */
import { z } from 'zod';
import type { Secrets } from '../../core/ports';
import { slackMessage } from '../../core/slack/slack-message';
import { alertOf, type TopicMessage } from '../../core/slack/topic-message';
import { parseInput } from '../shared/parse-input';
import { postToWebhook, type WebhookDeps } from './post-to-webhook';

export interface NotifySlackDeps extends WebhookDeps {
  secrets: Secrets;
  /** Name of the parameter that holds the webhook's address. */
  parameter: string;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
const eventSchema = z.object({
  Records: z.array(
    z.object({
      Sns: z.object({
        Subject: z.string().nullish(),
        Message: z.string(),
        MessageAttributes: z.record(z.string(), z.object({ Type: z.string(), Value: z.unknown() })).default({}),
      }),
    }),
  ),
});

/**
 * Throws WebhookFailed when the channel did not take it: Lambda calls again. The address is read each time, so that a
 * new one counts at once.
 */
export async function notifySlack(event: unknown, deps: NotifySlackDeps): Promise<{ posted: number }> {
  const { Records } = parseInput(eventSchema, event);
  const address = await deps.secrets.value(deps.parameter);
  for (const { Sns } of Records) {
    const message: TopicMessage = {
      subject: Sns.Subject ?? null,
      message: Sns.Message,
      attributes: textsOf(Sns.MessageAttributes),
    };
    await postToWebhook(address, slackMessage(alertOf(message)), deps);
  }
  return { posted: Records.length };
}

function textsOf(attributes: Record<string, { Type: string; Value: unknown }>): Record<string, string> {
  const texts = Object.entries(attributes).flatMap(([name, { Type, Value }]) =>
    Type === 'String' && typeof Value === 'string' ? [[name, Value] as const] : [],
  );
  return Object.fromEntries(texts);
}
