/**
 * A failure, made as small as it goes: kinds of faults that it does not need are left out one after the other, and of what
 * is left only the lines of the session that failed are shown, without the noise of heartbeats and looks.
 */
import { FAULT_KINDS, type FaultProfile, without } from './faults/profile';
import { type RunOptions, runWorld, type WorldReport } from './run-world';
import { timelineOf } from './timeline';

/** Says nothing about why. */
const NOISE =
  /: s3:\w+ |: dynamodb:\w+ |: ec2:Describe|: ssm:Describe|: states:(ListExecutions|SendTaskHeartbeat)| log |object (status|nodes\/[^/]+\/logs|sessions)\/|event Object Created|heartbeat/;
/** Errors that are answers. */
const EXPECTED = /→ (NoSuchKey|InstanceNotReady)/;
const NOT_OK = /FAULT|→ (?!ok)/;

export async function explain(first: WorldReport, given: RunOptions, seed: string): Promise<string[]> {
  const [violation] = first.violations;
  if (violation === undefined) return [];
  let report = first;
  let { faults } = given;
  const left = new Set<keyof FaultProfile>(FAULT_KINDS);
  for (const kind of FAULT_KINDS) {
    const fewer = without(faults, [kind]);
    const again = await runWorld({ ...given, faults: fewer });
    if (again.violations[0]?.invariant !== violation.invariant) continue;
    report = again;
    faults = fewer;
    left.delete(kind);
  }
  const broken = report.violations[0] ?? violation;
  const lines = timelineOf(report, broken.sessionId === undefined ? [] : [broken.sessionId]);
  return [
    '',
    `BROKEN: ${broken.invariant}`,
    `  world ${seed}: ${first.violations[0]?.sessionId ?? ''} ${first.violations[0]?.what}`,
    `  needs only these faults: ${[...left].join(', ') || 'none'}`,
    ...lines
      .filter((line) => (NOT_OK.test(line) && !EXPECTED.test(line)) || !NOISE.test(line))
      .map((line) => `  ${line}`),
    `  ${broken.sessionId ?? ''} ${broken.what}`,
    `  again, whole: npm run simulate -- --explain 0 --replay ${seed}`,
  ];
}
