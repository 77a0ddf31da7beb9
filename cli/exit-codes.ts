/** Exit codes: a promise to scripts, documented in docs/cli.md. */
export const EXIT = {
  ok: 0,
  /** AWS refused, the network failed, or a bug. */
  failed: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** The job cannot run as it stands: its spec, its quota, its limits. */
  invalidJob: 3,
  /** No such session, stack, file, or local cloud. */
  notFound: 4,
  /** The session that was waited for did not succeed. */
  sessionFailed: 5,
  /** doctor or drill found something that does not hold. */
  checksFailed: 6,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
