/** What a user sends to EventBridge to stop a session. */
export const STOP_REQUESTED = 'Stop Requested';

/** An entry of PutEvents. */
export const stopEntry = (detail: object) => ({
  Source: 'runctl',
  DetailType: STOP_REQUESTED,
  Detail: JSON.stringify(detail),
});
