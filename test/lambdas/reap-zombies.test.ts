import { HOUR_MS, MINUTE_MS } from '../../core/time';
import { reapZombies } from '../../lambdas/reap-zombies/reap-zombies';
import { anInstance, aVolume, type ReaperPorts, reaperPorts } from '../support/reaper-ports';
import { aSession, minutesAgo } from '../support/sessions';

const ID = 'i-0zombie';
let passes = 0;

/** One pass, ten minutes after the one before. */
async function pass(ports: ReaperPorts, changes: Partial<ReaperPorts> = {}) {
  try {
    return await reapZombies({ ...ports, holder: `pass-${++passes}`, ...changes });
  } finally {
    ports.clock.pass(10 * MINUTE_MS);
  }
}

const subjects = ({ notifier }: ReaperPorts) => notifier.published.map(({ subject }) => subject);
const lastBody = ({ notifier }: ReaperPorts) => notifier.published.at(-1)?.body ?? '';

describe('a zombie', () => {
  it('is reported by the first pass, ended by the second, and told to be gone by the third', async () => {
    const ports = reaperPorts();
    ports.inventory.put(anInstance(), aVolume());

    await pass(ports);
    expect(ports.inventory.ended).toEqual([]);
    expect(ports.notifier.published).toMatchObject([{ kind: 'zombie', severity: 'warning', sessionId: null }]);
    const body = lastBody(ports);
    expect(body).toContain('i-0zombie: instance g5.xlarge (spot) in us-east-1a, running');
    expect(body).toContain('there is no record of its session forgotten-1');
    expect(body).toContain("about $1.00, at today's $0.5000 an hour");
    expect(body).toContain('looked at again in about 10 minutes, and terminated if nothing has changed');
    expect(body).toContain(
      'aws ec2 create-tags --region us-east-1 --resources i-0zombie --tags Key=Protected,Value=true',
    );
    expect(body).toContain('aws ec2 terminate-instances --region us-east-1 --instance-ids i-0zombie');
    expect(body).toContain('vol-0zombie: volume of 100 GiB (gp3) in us-east-1a, attached to nothing');
    expect(body).toContain("about $0.02, at today's $0.0111 an hour");
    expect(body).toContain('aws ec2 delete-volume --region us-east-1 --volume-id vol-0zombie');

    await pass(ports);
    expect(ports.inventory.ended).toEqual([ID, 'vol-0zombie']);
    expect(ports.notifier.published).toHaveLength(1);

    await pass(ports);
    expect(ports.notifier.published).toHaveLength(2);
    expect(lastBody(ports)).toContain('gone: ended by runctl, and EC2 confirms it');
    expect(ports.marks.marks.size).toBe(0);
    expect(ports.counts).toEqual({ ZombiesFound: 2, ZombiesReaped: 2 });

    await pass(ports);
    expect(ports.notifier.published).toHaveLength(2);
  });

  it('is what outlives its time, though it has a record', async () => {
    const ports = reaperPorts(aSession());
    ports.inventory.put(anInstance({ tags: { SessionId: 'digits-1', ExpiresAt: minutesAgo(1) } }));
    await pass(ports);
    expect(lastBody(ports)).toContain('(tag ExpiresAt); session digits-1');
    expect(lastBody(ports)).toContain('goes on on a new instance, from its newest verified checkpoint');
    await pass(ports);
    expect(ports.inventory.ended).toEqual([ID]);
  });

  it('whose price is unknown is said to cost an unknown amount, never nothing', async () => {
    const ports = reaperPorts();
    ports.inventory.put(
      anInstance({ instanceType: 'p5.48xlarge' }),
      anInstance({ resourceId: 'i-0s', state: 'stopped' }),
      aVolume({ volumeType: 'io2' }),
    );
    await pass(ports);
    expect(lastBody(ports)).toContain('Cost so far: unknown: the price of p5.48xlarge could not be found');
    expect(lastBody(ports)).toContain('Cost so far: unknown: it is stopped');
    expect(lastBody(ports)).toContain('Cost so far: unknown: the price of io2 volumes could not be found');
    expect(lastBody(ports)).not.toContain('$0');
  });
});

describe('no zombie', () => {
  it.each([
    ['has a record', anInstance({ tags: { SessionId: 'digits-1' } })],
    ['is young', anInstance({ createdAt: minutesAgo(14) })],
    ['is another stack’s', anInstance({ tags: { RecordTable: 'another' } })],
    ['is nobody’s of ours', anInstance({ tags: { CreatedBy: 'somebody' } })],
    ['ends already', anInstance({ state: 'shutting-down' })],
    ['is attached', aVolume({ state: 'in-use' })],
  ])('is what %s: nothing is marked, nothing sent', async (_, resource) => {
    const ports = reaperPorts(aSession());
    ports.inventory.put(resource);
    await pass(ports);
    expect(ports.notifier.published).toEqual([]);
    expect(ports.marks.marks.size).toBe(0);
  });

  it('needs a look at records of sessions that are open', async () => {
    const ports = reaperPorts(aSession(), aSession({ sessionId: 'old-1', releasedAt: minutesAgo(1) }));
    ports.inventory.put(
      anInstance({ tags: { SessionId: 'digits-1' } }),
      anInstance({ resourceId: 'i-0old', tags: { SessionId: 'old-1' } }),
    );
    await pass(ports);
    expect(ports.register.asked).toEqual(['old-1']);
  });
});

describe('after the mark', () => {
  async function marked() {
    const ports = reaperPorts();
    ports.inventory.put(anInstance());
    await pass(ports);
    return ports;
  }

  it('a record that appears takes the mark away', async () => {
    const ports = await marked();
    await ports.sessions.create(aSession({ sessionId: 'forgotten-1' }));
    await pass(ports);
    expect(ports.inventory.ended).toEqual([]);
    expect(lastBody(ports)).toContain('left alone: its session has a record');
    expect(ports.marks.marks.size).toBe(0);
  });

  it('a tag that is taken away puts it out of reach', async () => {
    const ports = await marked();
    ports.inventory.put(anInstance({ tags: { CreatedBy: '' } }));
    await pass(ports);
    expect(ports.inventory.ended).toEqual([]);
    expect(lastBody(ports)).toContain('its tags no longer say that this stack made it');
  });

  it('an end by other hands is not claimed', async () => {
    const ports = await marked();
    ports.inventory.resources.clear();
    await pass(ports);
    expect(lastBody(ports)).toContain('it ended by itself, or somebody else ended it');
    expect(ports.marks.marks.size).toBe(0);
  });

  it('protection is honoured, told at once and then once a day, and time begins anew when it is taken away', async () => {
    const ports = await marked();
    ports.inventory.put(anInstance({ tags: { Protected: 'true' } }));
    for (let count = 0; count < 6 * 24 * 2; count++) await pass(ports);
    expect(ports.inventory.ended).toEqual([]);
    expect(ports.notifier.published[1]?.body).toContain('left alone because of its tag Protected=true');
    expect(subjects(ports).slice(2)).toEqual([
      'runctl: 1 resource found before is still on the bill',
      'runctl: 1 resource found before is still on the bill',
    ]);
    expect(lastBody(ports)).toContain(
      'aws ec2 delete-tags --region us-east-1 --resources i-0zombie --tags Key=Protected',
    );

    ports.inventory.put(anInstance());
    await pass(ports);
    expect(ports.inventory.ended).toEqual([]);
    await pass(ports);
    expect(ports.inventory.ended).toEqual([ID]);
  });

  it('a dry run that begins ends nothing; when it is over, people are told first', async () => {
    const ports = await marked();
    const dry = { settings: { ...ports.settings, isDryRun: true } };
    for (let count = 0; count < 3; count++) await pass(ports, dry);
    expect(ports.inventory.ended).toEqual([]);
    expect(lastBody(ports)).toContain('nothing (reapDryRun is on); else it would be terminated');
    await pass(ports);
    expect(ports.inventory.ended).toEqual([]);
    expect(lastBody(ports)).toContain('looked at again in about 10 minutes');
    await pass(ports);
    expect(ports.inventory.ended).toEqual([ID]);
  });
});

describe('whatever happens to a pass', () => {
  it('a clock that jumps makes no pass do both steps, nor two passes within five minutes', async () => {
    const ports = reaperPorts();
    ports.inventory.put(anInstance());
    const page = ports.inventory.page.bind(ports.inventory);
    let jumps = 3;
    ports.inventory.page = async (...args) => {
      if (jumps-- > 0) ports.clock.pass(HOUR_MS);
      return page(...args);
    };
    await reapZombies({ ...ports, holder: 'jumping' });
    await reapZombies({ ...ports, holder: 'jumping' });
    expect(ports.marks.marks.size).toBe(1);
    expect(ports.inventory.ended).toEqual([]);

    const still = reaperPorts();
    still.inventory.put(anInstance());
    await reapZombies({ ...still, holder: 'first' });
    still.clock.pass(4 * MINUTE_MS);
    await reapZombies({ ...still, holder: 'second' });
    expect(still.inventory.ended).toEqual([]);
  });

  it('a mark from the future is made anew', async () => {
    const ports = reaperPorts();
    ports.inventory.put(anInstance());
    await pass(ports);
    ports.clock.pass(-48 * HOUR_MS);
    ports.inventory.put(anInstance({ createdAt: minutesAgo(60 * 72) }));
    await pass(ports);
    expect(ports.inventory.ended).toEqual([]);
    await pass(ports);
    expect(ports.inventory.ended).toEqual([ID]);
  });

  it('a crash after the mark, before anybody was told: the next pass tells, and only the one after it ends', async () => {
    const ports = reaperPorts();
    ports.inventory.put(anInstance());
    ports.notifier.publish = () => Promise.reject(new Error('SNS is away'));
    await expect(pass(ports)).rejects.toThrow('SNS is away');
    Reflect.deleteProperty(ports.notifier, 'publish');
    await pass(ports);
    expect(ports.inventory.ended).toEqual([]);
    expect(ports.notifier.published).toHaveLength(1);
    await pass(ports);
    expect(ports.inventory.ended).toEqual([ID]);
  });

  it('an outcome of a publish that is unknown repeats it under the same alert id', async () => {
    const ports = reaperPorts();
    ports.inventory.put(anInstance());
    const { notifier } = ports;
    const publish = notifier.publish.bind(notifier);
    notifier.publish = async (notification) => {
      await publish(notification);
      throw new Error('nobody heard');
    };
    await expect(pass(ports)).rejects.toThrow('nobody heard');
    notifier.publish = publish;
    await pass(ports);
    const ids = notifier.published.map(({ alertId }) => alertId);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it('SNS that stays away keeps no GPU on the bill for ever', async () => {
    const ports = reaperPorts();
    ports.inventory.put(anInstance());
    ports.notifier.publish = () => Promise.reject(new Error('SNS is away'));
    for (let count = 0; count < 6; count++) await pass(ports).catch(() => {});
    expect(ports.inventory.ended).toEqual([]);
    await pass(ports).catch(() => {});
    expect(ports.inventory.ended).toEqual([ID]);
  });

  it('a crash between intent and end: the next pass asks again', async () => {
    const ports = reaperPorts();
    ports.inventory.put(anInstance());
    await pass(ports);
    ports.inventory.failure = new Error('the function died');
    await expect(pass(ports)).rejects.toThrow('the function died');
    expect(ports.marks.marks.get(ID)?.requestedAt).not.toBeNull();
    await pass(ports);
    expect(ports.inventory.ended).toEqual([ID]);
  });

  it('one that EC2 refuses to end keeps nobody from finding others', async () => {
    const ports = reaperPorts();
    ports.inventory.put(anInstance());
    await pass(ports);
    ports.inventory.put(anInstance({ resourceId: 'i-0other' }));
    ports.inventory.failure = new Error('OperationNotPermitted');
    await expect(pass(ports)).rejects.toThrow('OperationNotPermitted');
    expect(ports.marks.marks.get('i-0other')?.toldAt).not.toBeNull();
  });

  it('two passes at once: the second leaves it to the first', async () => {
    const ports = reaperPorts();
    ports.inventory.put(anInstance());
    ports.lock.holder = 'another';
    expect(await pass(ports)).toEqual({ isComplete: false });
    expect(ports.marks.marks.size).toBe(0);
  });

  it('without time it goes on where it stopped, and what was found is told', async () => {
    const ports = reaperPorts();
    ports.inventory.pageSize = 1;
    ports.inventory.put(...['a', 'b', 'c'].map((name) => anInstance({ resourceId: `i-0${name}` })), aVolume());
    const turns = (count: number) => {
      let left = count;
      return { hasTime: () => left-- > 0 };
    };
    expect(await pass(ports, turns(3))).toEqual({ isComplete: false });
    expect([...ports.marks.marks.keys()]).toEqual(['i-0a', 'i-0b']);
    expect(ports.notifier.published).toHaveLength(1);
    expect(await pass(ports, turns(2))).toEqual({ isComplete: true });
    expect([...ports.marks.marks.keys()]).toEqual(['i-0a', 'i-0b', 'i-0c', 'vol-0zombie']);
    expect(await ports.cursors.get('reap-zombies')).toBeNull();
  });

  it('many are told of in one message that names the first of them', async () => {
    const ports = reaperPorts();
    ports.inventory.put(...Array.from({ length: 500 }, (_, index) => anInstance({ resourceId: `i-${index}` })));
    await pass(ports);
    expect(subjects(ports)).toEqual(['runctl: 500 resources on the bill that belong to no session']);
    expect(lastBody(ports)).toContain('… and 460 more');
  });
});
