/** How every SDK client behaves: bounded waits and few retries, since the state machine and reconcile try again. */
export const clientConfig = {
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 20_000 },
};
