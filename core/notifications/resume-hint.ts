/** How to go on from a session's newest verified checkpoint. */
export function resumeHint(sessionId: string): string {
  return `To go on from its newest verified checkpoint, submit the job again with "resumeFrom": "${sessionId}".`;
}
