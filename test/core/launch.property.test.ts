import fc from 'fast-check';
import { afterNothing, nextLaunch, recordLaunch } from '../../core/launch/launch';
import { refusalOf } from '../../core/launch/launch-errors';
import type { LaunchContext } from '../../core/launch/launch-request';
import { quotaOf } from '../../core/plan/quotas';
import type { PoolError, Session } from '../../core/session/session';
import { HOUR_MS, iso, SECOND_MS } from '../../core/time';
import { aNode, aSession, NOW } from '../support/sessions';

const CODES = [
  'InsufficientInstanceCapacity',
  'UnfulfillableCapacity',
  'MaxSpotInstanceCountExceeded',
  'VcpuLimitExceeded',
  'InvalidParameterValue',
];

function contextAt(session: Session, now: number): LaunchContext {
  const type = {
    ...{ instanceType: 'g5.xlarge', architecture: 'x86_64' as const, vcpus: 4, memoryMiB: 1, gpus: 1, amiId: 'ami-1' },
    ...{ rootDeviceName: '/dev/sda1', volumeGiB: 100, spotUsdPerHour: 0.5, onDemandUsdPerHour: 1 },
  };
  const plan = {
    ...{ version: 1 as const, sessionId: session.sessionId, plannedAt: iso(NOW), bucket: 'b' },
    ...{ resultsUri: session.resultsUri, job: session.job, instanceTypes: [type] },
  };
  return { plan, subnetIds: ['subnet-a'], defaultTags: {}, region: 'us-east-1', now };
}

describe('launching, whatever EC2 answers', () => {
  it('never uses a client token twice for different calls, never waits beyond its patience, and comes to an end', () => {
    const answers = fc.array(fc.constantFrom('nodes', 'crash', ...CODES), { maxLength: 60 });
    const job = {
      launch: { spotPatienceMinutes: 5, patienceHours: 1 },
    };
    fc.assert(
      fc.property(answers, (script) => {
        let session = aSession({ attempts: [] }, job);
        let now = NOW;
        const requests = new Map<string, string>();
        const queue = [...script];
        for (let call = 0; call < 300; call++) {
          const step = nextLaunch(session, 1, contextAt(session, now));
          if (step.kind !== 'call') return step.kind === 'launched';
          const { clientToken, market } = step.request;
          const text = JSON.stringify(step.request);
          if ((requests.get(clientToken) ?? text) !== text) return false;
          requests.set(clientToken, text);
          session = step.session;

          const answer = queue.shift() ?? 'InsufficientInstanceCapacity';
          now += SECOND_MS;
          if (answer === 'crash') continue;
          const errors: PoolError[] =
            answer === 'nodes' ? [] : [{ instanceType: 'g5.xlarge', zone: 'a', market, code: answer, message: '' }];
          const nodes = answer === 'nodes' ? [aNode({ market })] : [];
          session = recordLaunch(session, 1, { clientToken, nodes, errors }, now);
          if (answer === 'nodes') continue;
          const next = afterNothing(session, 1, contextAt(session, now));
          if (next.kind === 'fail') return now - NOW <= HOUR_MS + script.length * SECOND_MS + SECOND_MS * 30;
          if (next.kind === 'wait') {
            if (next.waitSeconds < 1 || next.waitSeconds > 300) return false;
            now += next.waitSeconds * SECOND_MS;
          }
        }
        return false;
      }),
      { numRuns: 300 },
    );
  });
});

describe('what a refusal means', () => {
  it.each([
    ['InsufficientInstanceCapacity', 'capacity'],
    ['InsufficientFreeAddressesInSubnet', 'capacity'],
    ['SpotMaxPriceTooLow', 'capacity'],
    ['RequestLimitExceeded', 'capacity'],
    ['SomethingNobodyHasSeen', 'capacity'],
    ['MaxSpotInstanceCountExceeded', 'quota'],
    ['VcpuLimitExceeded', 'quota'],
    ['AuthFailure.ServiceLinkedRoleCreationNotPermitted', 'config'],
    ['InvalidAMIID.NotFound', 'config'],
    ['UnauthorizedOperation', 'config'],
    ['Unsupported', 'config'],
  ])('%s: %s', (code, expected) => expect(refusalOf(code)).toBe(expected));
});

describe('the quota that counts', () => {
  it.each([
    ['g5.xlarge', 'spot', 'L-3819A6DF'],
    ['g4dn.12xlarge', 'on-demand', 'L-DB2E81BA'],
    ['gr6.4xlarge', 'spot', 'L-3819A6DF'],
    ['p4d.24xlarge', 'spot', 'L-7212CCBC'],
    ['p5.48xlarge', 'spot', 'L-C4BD4855'],
    ['p5.48xlarge', 'on-demand', 'L-417A185B'],
    ['trn1.2xlarge', 'on-demand', 'L-2C3B7624'],
    ['inf2.xlarge', 'spot', 'L-B5D1601B'],
    ['m7i.large', 'spot', 'L-34B43A08'],
    ['im4gn.large', 'on-demand', 'L-1216C47A'],
    ['t3.large', 'on-demand', 'L-1216C47A'],
    ['dl1.24xlarge', 'spot', 'L-85EED4F7'],
    ['u-6tb1.metal', 'on-demand', undefined],
  ] as const)('%s on %s: %s', (type, market, code) => expect(quotaOf(type, market)?.code).toBe(code));
});
