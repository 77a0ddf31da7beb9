/** A node that EC2 says is running but that Systems Manager never sees. Replaced once, then the causes are named. */
import { settle } from '../decide/settle';
import { isEnding } from '../session/attempts';
import type { Attempt, Session, Verdict } from '../session/session';
import { withVerdict } from '../session/verdict';
import { MINUTE_MS, ms } from '../time';

/** From launch: booting and registering takes one to three minutes. */
export const REGISTRATION_MS = 10 * MINUTE_MS;

/** The session with the attempt's verdict once its time is over; the same session before that. */
export function judgeRegistration(session: Session, number: number, missing: readonly string[], now: number): Session {
  const attempt = session.attempts.find((each) => each.number === number);
  if (attempt === undefined || attempt.verdict !== null || missing.length === 0) return session;
  const launchedMs = Math.min(...attempt.nodes.map((node) => ms(node.launchedAt)));
  if (now - launchedMs < REGISTRATION_MS) return session;
  return withVerdict(session, attempt, findingOf(session, attempt, missing, now), now);
}

function findingOf(session: Session, attempt: Attempt, missing: readonly string[], now: number): Omit<Verdict, 'at'> {
  const what = `${missing.join(', ')} did not register with Systems Manager within ${REGISTRATION_MS / MINUTE_MS} minutes of launch`;
  const before = session.attempts.find(({ number }) => number === attempt.number - 1);
  if (before === undefined || !neverRegistered(before)) {
    return settle(session, attempt, { error: 'NodeLost', message: `${what}; it is replaced once.` }, now);
  }
  return {
    error: 'NodeUnreachable',
    message: `${what}, nor did the attempt before. Likely causes: the subnet has no route to the endpoints of Systems Manager (ssm, ssmmessages, ec2messages: no internet gateway and public address, no NAT, no VPC endpoints); the image has no SSM agent; the security group forbids HTTPS outwards; the instance profile was changed.`,
  };
}

/** It ended before its command was sent, and not because EC2 took its nodes. */
function neverRegistered({ verdict, command, nodes }: Attempt): boolean {
  const wasTaken = nodes.some((node) => isEnding(node) && verdict !== null && ms(node.stateSince) < ms(verdict.at));
  return verdict?.error === 'NodeLost' && command === null && !wasTaken;
}
