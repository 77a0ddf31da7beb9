/** Validates and resolves the job, then writes plan and record. Nothing was launched when it throws. */
import { z } from 'zod';
import { type JobSpec, SESSION_ID_PATTERN } from '../../core/job/job-spec';
import { invalidJobSpec, parseJobSpec, type SpecProblem } from '../../core/job/job-spec-problems';
import { diskWarning } from '../../core/plan/disk-room';
import { type FindingDeps, gatherFindings } from '../../core/plan/gather-findings';
import { candidatesOf, makePlan } from '../../core/plan/planning';
import type { ObjectStore, SessionStore } from '../../core/ports';
import { planKey } from '../../core/s3-layout';
import { newSession } from '../../core/session/new-session';
import type { Session } from '../../core/session/session';
import type { Log } from '../shared/log';
import { parseInput } from '../shared/parse-input';
import { holdCheckpoints } from './hold-checkpoints';

export interface PlanJobDeps extends FindingDeps {
  sessions: Pick<SessionStore, 'get' | 'create' | 'save'>;
  objects: Pick<ObjectStore, 'probe' | 'measure' | 'put'>;
  log: Log;
}

const inputSchema = z.object({ sessionId: z.string(), executionArn: z.string(), job: z.unknown() });

export async function planJob(event: unknown, deps: PlanJobDeps): Promise<{ sessionId: string }> {
  const { sessionId, executionArn, job: spec } = parseInput(inputSchema, event);
  const job = requireJob(sessionId, spec);
  const known = await deps.sessions.get(sessionId);
  if (known !== undefined) return ownSession(known, executionArn);

  const findings = await gatherFindings(deps, sessionId, job);
  const plan = makePlan(findings);
  const warning = diskWarning(findings, candidatesOf(findings));
  if (warning !== null) deps.log.warn(warning, { sessionId });
  await holdCheckpoints(deps.sessions, sessionId, findings.resumedSession);
  await deps.objects.put(planKey(sessionId), JSON.stringify(plan));
  const isNew = await deps.sessions.create(
    newSession({
      plan,
      executionArn,
      resumed: findings.resumedSession,
      volumeUsdPerGibMonth: findings.volumeUsdPerGibMonth,
    }),
  );
  deps.log.info('Planned', { sessionId, instanceTypes: plan.instanceTypes });
  const first = isNew ? undefined : await deps.sessions.get(sessionId);
  return first === undefined ? { sessionId } : ownSession(first, executionArn);
}

/** All problems of name and spec in one error. */
function requireJob(sessionId: string, spec: unknown): JobSpec {
  const parsed = parseJobSpec(spec);
  const problems = [...nameProblems(sessionId), ...('problems' in parsed ? parsed.problems : [])];
  if (problems.length > 0 || !('job' in parsed)) throw invalidJobSpec(problems);
  return parsed.job;
}

function nameProblems(sessionId: string): SpecProblem[] {
  if (SESSION_ID_PATTERN.test(sessionId)) return [];
  const message = `found ${JSON.stringify(sessionId)}; expected 1 to 64 of A-Z a-z 0-9 _ and -`;
  return [{ field: '(execution name)', message }];
}

/** A retry goes on; a name that another execution has used cannot be used again. */
function ownSession(known: Session, executionArn: string): { sessionId: string } {
  const { sessionId } = known;
  if (known.executionArn === executionArn) return { sessionId };
  throw invalidJobSpec([
    { field: '(execution name)', message: `${sessionId} is the name of another session already; choose a new one` },
  ]);
}
