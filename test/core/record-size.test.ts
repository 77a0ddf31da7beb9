import { nextLaunch, recordLaunch } from '../../core/launch/launch';
import type { LaunchContext } from '../../core/launch/launch-request';
import type { Session } from '../../core/session/session';
import { withVerdict } from '../../core/session/verdict';
import { iso } from '../../core/time';
import { aFinal, aNode, aSession, NOW } from '../support/sessions';

/** Of a DynamoDB item, in bytes of its JSON (its own form is smaller). */
const ITEM_LIMIT = 400_000;

const stages = (['boot', 'code', 'data', 'wait', 'resume', 'train', 'upload', 'done'] as const).map((stage) => ({
  stage,
  startedAt: iso(NOW),
  seconds: 12.345,
}));

function contextOf(session: Session): LaunchContext {
  const types = Array.from({ length: 20 }, (_, index) => ({
    ...{ instanceType: `g5.${index}xlarge`, architecture: 'x86_64' as const, vcpus: 4, memoryMiB: 1, gpus: 1 },
    ...{ amiId: 'ami-0123456789abcdef0', rootDeviceName: '/dev/sda1', volumeGiB: 100 },
    ...{ spotUsdPerHour: 0.5, onDemandUsdPerHour: 1 },
  }));
  const plan = {
    ...{ version: 1 as const, sessionId: session.sessionId, plannedAt: iso(NOW), bucket: 'b' },
    ...{ resultsUri: session.resultsUri, job: session.job, instanceTypes: types },
  };
  const subnetIds = Array.from({ length: 6 }, (_, index) => `subnet-0123456789abcde${index}`);
  return { plan, subnetIds, defaultTags: {}, region: 'us-east-1', now: NOW };
}

/** A launch over every pool, and the node's last word, ready to be followed by another attempt. */
function interruptedOnce(session: Session, number: number): Session {
  const step = nextLaunch(session, number, contextOf(session));
  if (step.kind !== 'call') throw new Error(step.kind);
  const final = aFinal({ attempt: number, outcome: 'interrupted', stages, logTail: ['a line of the log'] });
  const node = aNode({ instanceId: `i-${String(number).padStart(17, '0')}`, state: 'terminated', final });
  const errors = step.request.pools.map(({ instanceType }) => ({
    ...{ instanceType, zone: 'us-east-1a', market: 'spot' as const },
    ...{ code: 'InsufficientInstanceCapacity', message: 'We currently do not have sufficient capacity.'.repeat(5) },
  }));
  const launched = recordLaunch(
    step.session,
    number,
    { clientToken: step.request.clientToken, nodes: [node], errors },
    NOW,
  );
  return withVerdict(launched, { number }, { error: 'SpotInterrupted', message: 'AWS took it back.' }, NOW);
}

describe('the record', () => {
  it('of a session that was interrupted 120 times fits into one item of the table', () => {
    let session = aSession({ attempts: [] }, { env: { NOTES: 'x'.repeat(10_000) } });
    for (let number = 1; number <= 120; number++) session = interruptedOnce(session, number);
    expect(session.attempts).toHaveLength(120);
    expect(JSON.stringify(session).length).toBeLessThan(ITEM_LIMIT);
    expect(session.attempts[0]?.nodes[0]?.final?.lastCheckpoint).not.toBeNull();
  });
});
