import type { Session } from '../../core/session/session';
import { iso, MINUTE_MS } from '../../core/time';
import { handleEvent } from '../../lambdas/handle-event/handle-event';
import { type MemoryPorts, memoryPorts } from '../support/memory-ports';
import { aFinal, aNode, anAttempt, aSession, aStatus, NOW } from '../support/sessions';

const ID = 'i-00000000000000001';
const TIME = '2026-11-23T12:00:00Z';

function training(session: Session = aSession()): MemoryPorts {
  const ports = memoryPorts(session);
  ports.sessions.index.set(ID, session.sessionId);
  const { instanceType, zone, privateAddress, hasPublicAddress, launchedAt } = aNode();
  ports.fleet.add(
    { instanceId: ID, instanceType, zone, privateAddress, hasPublicAddress, launchedAt },
    { tags: { SessionId: 'digits-1', Attempt: '1' }, market: 'spot' },
  );
  return ports;
}

const event = (source: string, detailType: string, detail: object) => ({
  ...{ version: '0', id: 'e-1', account: '000000000000', region: 'us-east-1', resources: [], time: TIME },
  ...{ source, 'detail-type': detailType, detail },
});
const warning = event('aws.ec2', 'EC2 Spot Instance Interruption Warning', {
  'instance-id': ID,
  'instance-action': 'terminate',
});
const state = (value: string, id = ID) =>
  event('aws.ec2', 'EC2 Instance State-change Notification', { 'instance-id': id, state: value });
const finalObject = (userId = `AROANODE:${ID}`) =>
  event('aws.s3', 'Object Created', { bucket: { name: 'bucket' }, object: { key: `final/${userId}.json`, size: 1 } });

describe('handle-event', () => {
  it('a notice marks the node and ends nothing yet', async () => {
    const ports = training();
    await handleEvent(warning, ports);
    expect(ports.sessions.record().attempts[0]?.nodes[0]?.noticeAt).toBe(iso(NOW));
    expect(ports.tasks.completed).toEqual([]);
  });

  it("a node's last word ends the attempt and answers the task", async () => {
    const ports = training();
    ports.objects.setJson(`final/AROANODE:${ID}.json`, aFinal({ outcome: 'succeeded' }));
    await handleEvent(finalObject(), ports);
    expect(ports.tasks.completed).toEqual([{ token: 'secret-token', output: { attempt: 1 } }]);
  });

  it("reads the node's last word also when EC2's event overtakes S3's", async () => {
    const ports = training();
    ports.objects.setJson(`final/AROANODE:${ID}.json`, aFinal({ outcome: 'succeeded' }));
    ports.fleet.setState(ID, 'shutting-down', 'Client.InstanceInitiatedShutdown');
    await handleEvent(state('shutting-down'), ports);
    expect(ports.tasks.completed).toEqual([{ token: 'secret-token', output: { attempt: 1 } }]);
  });

  it("an end without a last word is told by EC2's own reason", async () => {
    const ports = training();
    ports.fleet.setState(ID, 'terminated', 'Server.SpotInstanceTermination');
    await handleEvent(state('terminated'), ports);
    expect(ports.tasks.completed).toMatchObject([{ error: 'SpotInterrupted' }]);
  });

  it('an event that comes twice is acted on once', async () => {
    const ports = training();
    ports.fleet.setState(ID, 'terminated');
    await handleEvent(state('terminated'), ports);
    await handleEvent(state('terminated'), ports);
    expect(ports.tasks.completed).toHaveLength(1);
  });

  it("finds the session by the instance's tag when the index has lost it, and mends the index", async () => {
    const ports = training();
    ports.sessions.index.clear();
    await handleEvent(warning, ports);
    expect(ports.sessions.record().attempts[0]?.nodes[0]?.noticeAt).toBe(iso(NOW));
    expect(ports.sessions.index.get(ID)).toBe('digits-1');
  });

  it("leaves instances alone that are not runctl's", async () => {
    const ports = training();
    await handleEvent(state('terminated', 'i-0ffffffffffffffff'), ports);
    expect(ports.sessions.record()).toEqual(aSession());
  });

  it('a node speaks for itself only: the key says who wrote it, not the object', async () => {
    const ports = training();
    const other = 'i-0ffffffffffffffff';
    ports.objects.setJson(`final/AROANODE:${other}.json`, aFinal({ outcome: 'failed' }));
    await handleEvent(finalObject(`AROANODE:${other}`), ports);
    expect(ports.tasks.completed).toEqual([]);
  });

  it('does not stumble over an object that is no final status, nor over numbers that DynamoDB cannot hold', async () => {
    const ports = training();
    ports.objects.set(`s3://bucket/final/AROANODE:${ID}.json`, '{"version": 1, "outcome": "succeeded"');
    const status = aStatus();
    status.progress = { ...status.progress, metrics: { loss: 1e300, tiny: 1e-300 } };
    ports.objects.setJson(`status/AROANODE:${ID}.json`, status);
    ports.clock.pass(MINUTE_MS);
    ports.objects.setJson(`status/AROANODE:${ID}.json`, status);
    await handleEvent(finalObject(), ports);
    expect(ports.tasks.completed).toEqual([]);
    expect(ports.sessions.record().attempts[0]?.nodes[0]?.status?.progress.metrics).toEqual({
      loss: Number.MAX_SAFE_INTEGER,
      tiny: 0,
    });
  });

  it('a failed start command ends the attempt, another command on the instance does not', async () => {
    const silent = aNode({ statusAt: null, status: null });
    const ports = training(aSession({ attempts: [anAttempt({ nodes: [silent] })] }));
    const invocation = (commandId: string) =>
      event('aws.ssm', 'EC2 Command Invocation Status-change Notification', {
        'instance-id': ID,
        'command-id': commandId,
        status: 'Failed',
      });
    await handleEvent(invocation('somebody-elses'), ports);
    expect(ports.tasks.completed).toEqual([]);
    await handleEvent(invocation('command'), ports);
    expect(ports.tasks.completed).toMatchObject([{ error: 'NodeLost' }]);
  });

  it('a request to stop goes out with the lease at once', async () => {
    const ports = training();
    await handleEvent(event('runctl', 'Stop Requested', { sessionId: 'digits-1' }), ports);
    expect(ports.objects.json('sessions/digits-1/lease.json')).toMatchObject({
      orders: { 1: { desired: 'stop', reason: 'StoppedByUser', immediate: false } },
    });
  });

  it('an aborted execution is drained, a namesake of it is not', async () => {
    const ports = training();
    const aborted = (executionArn: string) =>
      event('aws.states', 'Step Functions Execution Status Change', {
        executionArn,
        name: 'digits-1',
        status: 'ABORTED',
      });
    await handleEvent(aborted('arn:aws:states:us-east-1:000000000000:execution:Other:digits-1'), ports);
    expect(ports.sessions.record().stopRequest).toBeNull();
    await handleEvent(aborted(aSession().executionArn), ports);
    expect(ports.sessions.record().stopRequest?.reason).toBe('Aborted');
    expect(ports.objects.json('sessions/digits-1/lease.json')).toMatchObject({ orders: { 1: { desired: 'stop' } } });
  });

  it.each([[{}], [null], ['text'], [{ ...warning, detail: { 'instance-id': '../../etc' } }]])(
    'drops and counts what is malformed: %j',
    async (malformed) => {
      const ports = training();
      await handleEvent(malformed, ports);
      expect(ports.counted).toEqual(['MalformedEvents']);
      expect(ports.sessions.record()).toEqual(aSession());
    },
  );
});
