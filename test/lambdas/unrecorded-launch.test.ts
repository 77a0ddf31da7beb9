import { decide } from '../../core/decide';
import { recordLaunch } from '../../core/launch/launch';
import type { Attempt, Market } from '../../core/session/session';
import { releaseNodes } from '../../lambdas/release-nodes/release-nodes';
import { trackCosts } from '../../lambdas/track-costs/track-costs';
import { type MemoryPorts, memoryPorts } from '../support/memory-ports';
import { aNode, anAttempt, aSession, minutesAgo, NOW } from '../support/sessions';

const { launch } = anAttempt();
const POOL = 'g5.xlarge/us-east-1a';
const failure = { error: 'StoppedByUser', cause: 'Stopped by a@b.c before training began.' };

/** launch-nodes died after CreateFleet had launched this instance and before that was recorded. */
function crashed(market: Market = 'spot', attempt: Partial<Attempt> = {}): MemoryPorts {
  const unfinished = { ...launch, requestedAt: minutesAgo(10), doneAt: null, request: { ...launch.request, market } };
  const ports = memoryPorts(
    aSession({ attempts: [anAttempt({ nodes: [], command: null, launch: unfinished, ...attempt })] }),
  );
  const { sessionId } = ports.sessions.record();
  ports.fleet.add(aNode({ launchedAt: minutesAgo(10) }), { tags: { SessionId: sessionId, Attempt: '1' }, market });
  ports.prices.histories.set(POOL, [{ at: minutesAgo(60), usdPerHour: 0.6 }]);
  return ports;
}

const release = (ports: MemoryPorts) => {
  const { sessionId, executionArn } = ports.sessions.record();
  return releaseNodes({ sessionId, executionArn, failure }, ports);
};

const nodes = (ports: MemoryPorts) => ports.sessions.record().attempts.flatMap((attempt) => attempt.nodes);

describe('an instance whose launch was never recorded, once its session has ended', () => {
  it.each([
    // Ten minutes.
    ['spot', 0.1],
    ['on-demand', 0.166667],
  ] as const)('of market %s is terminated, and on the bill', async (market, usd) => {
    const ports = crashed(market);
    await release(ports);
    expect(ports.fleet.terminated).toEqual([aNode().instanceId]);
    await trackCosts(ports);
    const { cost } = ports.sessions.record();
    expect(cost).toMatchObject({ isComplete: true, lines: { instances: usd }, onDemandUsd: expect.any(Number) });
    expect(nodes(ports)).toMatchObject([{ onDemandUsdPerHour: 1, hasPublicAddress: aNode().hasPublicAddress }]);
  });

  it('is priced though prices of its pool were asked for later already', async () => {
    const ports = crashed();
    await release(ports);
    const spotPrices = { [POOL]: [{ at: minutesAgo(1), usdPerHour: 6 }] };
    await ports.sessions.save({ ...ports.sessions.record(), spotPrices });
    await trackCosts(ports);
    expect(ports.sessions.record().spotPrices[POOL]?.[0]).toEqual({ at: minutesAgo(60), usdPerHour: 0.6 });
  });

  it('is taken to have had an address when it ended before anybody saw it: costs are not left unknown', async () => {
    const ports = crashed();
    const tags = { SessionId: ports.sessions.record().sessionId, Attempt: '1' };
    ports.fleet.add(aNode({ launchedAt: minutesAgo(10), hasPublicAddress: null }), { tags, market: 'spot' });
    ports.fleet.setState(aNode().instanceId, 'terminated');
    await release(ports);
    await trackCosts(ports);
    expect(ports.sessions.record().cost).toMatchObject({ isComplete: true });
  });

  it('is found once, however often one looks', async () => {
    const ports = crashed();
    await release(ports);
    await release(ports);
    expect(nodes(ports)).toHaveLength(1);
  });

  it('is left to launch-nodes while the session goes on', async () => {
    const ports = crashed();
    const { session } = decide(ports.sessions.record(), { looks: await ports.fleet.look() }, NOW);
    expect(session.attempts).toMatchObject([{ nodes: [] }]);
  });

  it('is not one that an earlier try gave back: that is on the bill already', async () => {
    const ports = crashed('spot', { launch: { ...launch, requestedAt: minutesAgo(5), doneAt: null, try: 2 } });
    await release(ports);
    expect(nodes(ports)).toEqual([]);
  });

  it('is not recorded a second time by a launch-nodes that comes late', async () => {
    const ports = crashed();
    await release(ports);
    const found = ports.sessions.record();
    const outcome = { clientToken: launch.request.clientToken, nodes: [aNode({ usdPerHour: 1 })], errors: [] };
    expect(recordLaunch(found, 1, outcome, NOW)).toEqual(found);
  });
});
