/** Compares what roles may do with what they did, and with the reasons for what nobody did. */
import type { RoleGrant } from '../../local/iam/grant-log';

export interface Reason {
  /** The actions that it is about. */
  readonly actions: readonly string[];
  /** Only of roles whose logical id it matches; all of them without. */
  readonly roles?: RegExp;
  /** Only on resources whose ARN it matches; all of them without. */
  readonly resource?: RegExp;
  /**
   * Who has the right and does not use it: `everybody`, or only some of several roles that share a set of rights,
   * of which another one does. `sometimes`: who does differs from run to run, so that nothing about it can be wrong.
   */
  readonly unusedBy: 'everybody' | 'some' | 'sometimes';
  readonly because: string;
}

export interface Judgement {
  /** Granted, never used, and nobody says why. */
  readonly unexplained: readonly RoleGrant[];
  /** Reasons that do not, or not any longer, hold: what is wrong with each. */
  readonly wrongReasons: readonly string[];
}

export function judge(grants: readonly RoleGrant[], reasons: readonly Reason[]): Judgement {
  const unused = grants.filter(({ uses }) => uses === 0);
  const explained = new Set(reasons.flatMap((reason) => unused.filter((grant) => isAbout(reason, grant))));
  return {
    unexplained: unused.filter((grant) => !explained.has(grant)),
    wrongReasons: reasons.flatMap((reason) => reason.actions.flatMap((action) => problemsOf(reason, action, grants))),
  };
}

function isAbout({ actions, roles, resource }: Reason, grant: RoleGrant): boolean {
  const { action, role } = grant;
  return actions.includes(action) && (roles?.test(role) ?? true) && (resource?.test(grant.resource) ?? true);
}

function problemsOf(reason: Reason, action: string, grants: readonly RoleGrant[]): string[] {
  const about = grants.filter((grant) => grant.action === action && isAbout(reason, grant));
  const used = about.filter(({ uses }) => uses > 0);
  const what = [
    action,
    ...(reason.roles ? [`of ${reason.roles.source}`] : []),
    ...(reason.resource ? [`on ${reason.resource.source}`] : []),
  ].join(' ');
  if (about.length === 0) return [`${what} has a reason and is granted to nobody`];
  if (reason.unusedBy === 'sometimes') return [];
  if (used.length === about.length) return [`${what} has a reason and was used by everybody who has it`];
  if (reason.unusedBy === 'everybody' && used.length > 0) {
    return [`${what} is said to be used by nobody and was used by ${used.map(({ role }) => role).join(', ')}`];
  }
  if (reason.unusedBy === 'some' && used.length === 0)
    return [`${what} is said to be used by some and was used by nobody`];
  return [];
}
