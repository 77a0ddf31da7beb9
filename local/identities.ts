/**
 * Who calls: credentials that the local cloud hands out for roles, and the caller behind an access key. Signatures
 * are not verified (a user's own secret key is unknown here); the access key alone says who calls.
 */
import { createHash } from 'node:crypto';
import type { Clock } from './clock';
import type { Caller, IssuedCredentials } from './service';

export interface Identities {
  /** A session of a role; `sessionName` is the instance id on EC2, the function's name for Lambda. Valid for six hours. */
  issueForRole(roleName: string, sessionName: string): IssuedCredentials;
  /** The caller behind an access key; undefined when its credentials have expired or were revoked. */
  resolve(accessKeyId: string): Caller | undefined;
  /** The caller that a session of a role is, without credentials: for calls made in process. */
  callerForRole(roleName: string, sessionName: string): Caller;
  /** The account's own user, by any key. */
  user(accessKeyId: string): Caller;
  /** The role's unique id, as in the policy variable aws:userid; the same in every run. */
  roleId(roleName: string): string;
  /** Refuses every credential of the session from now on, as when its instance was terminated. */
  revoke(sessionName: string): void;
}

interface Session {
  caller: Caller;
  sessionName: string;
  expiresAtMs: number;
}

/** EC2 hands out role credentials that are good for about six hours. */
const LIFETIME_MS = 6 * 3600 * 1000;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export function createIdentities(options: { newId: () => string; clock: Clock; accountId: string }): Identities {
  const { newId, clock, accountId } = options;
  const sessions = new Map<string, Session>();
  const roleId = (roleName: string) => `AROA${letters(`${accountId}/${roleName}`, 17)}`;

  const callerForRole = (roleName: string, sessionName: string): Caller => ({
    accessKeyId: `ASIA${letters(newId(), 16)}`,
    accountId,
    arn: `arn:aws:sts::${accountId}:assumed-role/${roleName}/${sessionName}`,
    userId: `${roleId(roleName)}:${sessionName}`,
    roleName,
  });

  const user = (accessKeyId: string): Caller => {
    return { accessKeyId, accountId, arn: `arn:aws:iam::${accountId}:user/local`, userId: 'AIDALOCALUSER00000000' };
  };

  return {
    roleId,
    callerForRole,
    user,
    issueForRole(roleName, sessionName) {
      const caller = callerForRole(roleName, sessionName);
      const expiresAtMs = clock.now() + LIFETIME_MS;
      sessions.set(caller.accessKeyId, { caller, sessionName, expiresAtMs });
      return {
        accessKeyId: caller.accessKeyId,
        secretAccessKey: letters(newId(), 40),
        sessionToken: letters(newId(), 120),
        expiration: new Date(expiresAtMs).toISOString(),
      };
    },
    resolve(accessKeyId) {
      const session = sessions.get(accessKeyId);
      if (session) return clock.now() < session.expiresAtMs ? session.caller : undefined;
      return user(accessKeyId);
    },
    revoke(sessionName) {
      for (const session of sessions.values()) {
        if (session.sessionName === sessionName) session.expiresAtMs = 0;
      }
    },
  };
}

/** `length` letters of AWS's key alphabet, derived from `seed`. */
function letters(seed: string, length: number): string {
  let text = '';
  for (let block = 0; text.length < length; block++) {
    const digest = createHash('sha256').update(`${block}:${seed}`).digest();
    text += Array.from(digest, (byte) => BASE32.charAt(byte % BASE32.length)).join('');
  }
  return text.slice(0, length);
}
