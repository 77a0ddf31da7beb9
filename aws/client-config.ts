/** How every SDK client behaves: bounded waits and few retries, since the state machine and reconcile try again. */
export const clientConfig = {
  maxAttempts: 4,
  // Without the third, the second is only a warning.
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
};

/** CreateFleet answers when it has launched, which may take most of a minute. */
export const slowClientConfig = {
  maxAttempts: 2,
  requestHandler: { ...clientConfig.requestHandler, requestTimeout: 60_000 },
};
