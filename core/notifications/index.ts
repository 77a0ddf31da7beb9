/** What a user is told of a session’s end, in plain words. Alerts while it goes on: core/alerts/. */
export { resumeHint } from './resume-hint';
export { finishedAlertId, finishedNotification } from './session-finished';
export { refusedNotification } from './session-refused';
