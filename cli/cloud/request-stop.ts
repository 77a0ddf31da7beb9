/** Asks the control plane to stop a session: the event that README, "Stop" has. */
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { stopEntry } from '../../core/stop-event';
import { CliError } from '../cli-error';
import type { ClientConfig } from './client-config';

export async function requestStop(client: ClientConfig, detail: { sessionId: string; now?: true }): Promise<void> {
  const events = new EventBridgeClient(client);
  const { Entries, FailedEntryCount = 0 } = await events.send(
    new PutEventsCommand({
      Entries: [stopEntry(detail)],
    }),
  );
  events.destroy();
  if (FailedEntryCount === 0) return;
  const [entry] = Entries ?? [];
  throw new CliError(`EventBridge did not take the request: ${entry?.ErrorCode}: ${entry?.ErrorMessage}`, {
    hint: `To end it the hard way: aws stepfunctions stop-execution (its instances save and go behind it).`,
  });
}
