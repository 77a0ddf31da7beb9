import type { MessageAttributeValue } from '@aws-sdk/client-sns';

export interface PublishedMessage {
  messageId: string;
  topicArn: string;
  subject?: string;
  message: string;
  /** MessageStructure json: a text for each protocol, and a default. */
  isPerProtocol: boolean;
  attributes: Record<string, MessageAttributeValue>;
  /** ISO 8601. */
  publishedAt: string;
  /** Who would have got it by e-mail. */
  emails: string[];
}
