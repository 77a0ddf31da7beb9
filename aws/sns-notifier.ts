/** Tells people by SNS. Subject and size are bounded as SNS demands. */
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Notification } from '../core/notifications/notification';
import { cut, plainText } from '../core/plain-text';
import type { Notifier } from '../core/ports';

/** Fewer than 100 ASCII characters, on one line (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html). */
const SUBJECT_LENGTH = 99;
/** Well under 256 KB, whatever the characters. */
const BODY_LENGTH = 60_000;

export class SnsNotifier implements Notifier {
  constructor(
    private readonly client: SNSClient,
    private readonly topicArn: string,
  ) {}

  async publish({ alertId, kind, severity, sessionId, subject, body }: Notification): Promise<void> {
    const attribute = (value: string) => ({ DataType: 'String', StringValue: value });
    await this.client.send(
      new PublishCommand({
        TopicArn: this.topicArn,
        Subject: subject.replace(/[^\x20-\x7e]+/g, ' ').slice(0, SUBJECT_LENGTH),
        Message: cut(plainText(body), BODY_LENGTH),
        MessageAttributes: {
          alertId: attribute(alertId),
          kind: attribute(kind),
          severity: attribute(severity),
          ...(sessionId === null ? {} : { sessionId: attribute(sessionId) }),
        },
      }),
    );
  }
}
