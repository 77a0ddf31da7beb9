import { InstanceMetadata } from '../../local/hosts/instance-metadata';
import { ManualClock } from '../support/manual-clock';
import { hostSpec } from './support';

describe('instance metadata', () => {
  const clock = new ManualClock();
  const tags = new Map([['SessionId', 'digits-1']]);
  let issued = 0;
  let metadata: InstanceMetadata;
  let endpoint: string;

  beforeEach(async () => {
    issued = 0;
    metadata = new InstanceMetadata(hostSpec('#!/bin/sh\n', { tags: () => tags }), clock, () => ({
      accessKeyId: `ASIA${++issued}`,
      secretAccessKey: 'secret',
      sessionToken: 'token',
      expiration: new Date(clock.now() + 3_600_000).toISOString(),
      roleName: 'NodeRole',
    }));
    endpoint = await metadata.listen();
  });

  afterEach(() => metadata.close());

  const token = async (headers: Record<string, string> = {}) => {
    const answer = await fetch(`${endpoint}/latest/api/token`, {
      method: 'PUT',
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '60', ...headers },
    });
    return { status: answer.status, text: await answer.text() };
  };

  async function get(path: string): Promise<{ status: number; text: string }> {
    const { text } = await token();
    const answer = await fetch(`${endpoint}/latest/${path}`, { headers: { 'x-aws-ec2-metadata-token': text } });
    return { status: answer.status, text: await answer.text() };
  }

  it('answers only with a token that was put and has not expired', async () => {
    expect((await fetch(`${endpoint}/latest/meta-data/instance-id`)).status).toBe(401);
    expect((await fetch(`${endpoint}/latest/api/token`, { method: 'PUT' })).status).toBe(400);
    expect((await token({ 'x-forwarded-for': '10.0.0.1' })).status).toBe(403);
    const { text } = await token();
    const ask = async () =>
      (await fetch(`${endpoint}/latest/meta-data/instance-id`, { headers: { 'x-aws-ec2-metadata-token': text } }))
        .status;
    expect(await ask()).toBe(200);
    await clock.advance(61_000);
    expect(await ask()).toBe(401);
  });

  it.each([
    ['meta-data/instance-type', 'm6i.large'],
    ['meta-data/placement/availability-zone', 'us-east-1a'],
    ['meta-data/placement/region', 'us-east-1'],
    ['meta-data/local-ipv4', '10.0.0.4'],
    ['meta-data/instance-life-cycle', 'spot'],
    ['meta-data/tags/instance/', 'SessionId'],
    ['meta-data/tags/instance/SessionId', 'digits-1'],
    ['meta-data/iam/', 'info\nsecurity-credentials/'],
    ['meta-data/iam/security-credentials/', 'NodeRole'],
    ['user-data', '#!/bin/sh\n'],
  ])('serves %s', async (path, text) => {
    expect(await get(path)).toEqual({ status: 200, text });
  });

  it("keeps the role's credentials until shortly before they expire", async () => {
    const keyId = async () => JSON.parse((await get('meta-data/iam/security-credentials/NodeRole')).text).AccessKeyId;
    expect(await keyId()).toBe('ASIA1');
    await clock.advance(3_000_000);
    expect(await keyId()).toBe('ASIA1');
    await clock.advance(500_000);
    expect(await keyId()).toBe('ASIA2');
  });

  it('shows notices once they are given, and 404 before', async () => {
    expect((await get('meta-data/spot/instance-action')).status).toBe(404);
    expect((await get('meta-data/events/recommendations/rebalance')).status).toBe(404);
    metadata.showInterruption({ action: 'terminate', atMs: Date.UTC(2026, 0, 1, 12, 2) });
    metadata.showRebalance(Date.UTC(2026, 0, 1, 12));
    expect(JSON.parse((await get('meta-data/spot/instance-action')).text)).toEqual({
      action: 'terminate',
      time: '2026-01-01T12:02:00Z',
    });
    expect((await get('meta-data/spot/termination-time')).text).toBe('2026-01-01T12:02:00Z');
    expect(JSON.parse((await get('meta-data/events/recommendations/rebalance')).text)).toEqual({
      noticeTime: '2026-01-01T12:00:00Z',
    });
  });
});
