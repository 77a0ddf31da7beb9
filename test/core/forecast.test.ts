import { requireJobSpec } from '../../core/job/job-spec-problems';
import { forecast } from '../../core/plan/forecast';

const job = (limits: object = {}, resources: object = {}) =>
  requireJobSpec({ name: 'a', command: 'b', limits, resources });
const spot = { isSpot: true, usdPerHour: 0.3 };
const onDemand = { isSpot: false, usdPerHour: 1 };
/** Together with the address, a cent an hour. */
const disk = { diskUsdPerHour: 0.005 };

describe('a forecast', () => {
  it('takes the cheapest without trouble, and the dearest with an interruption each four hours', () => {
    const { atBest, likely, atWorst } = forecast(job({ maxHours: 100 }), 48, [spot, onDemand], disk);
    expect(atBest).toEqual({ hours: 48 + 5 / 60, interruptions: 0, usd: expect.closeTo(0.31 * (48 + 5 / 60)) });
    expect(likely.interruptions).toBe(2);
    expect(atWorst.interruptions).toBe(12);
    expect(atWorst.hours).toBeCloseTo(48 + (13 * 5) / 60 + 3);
    expect(atWorst.usd).toBeCloseTo(1.01 * atWorst.hours);
  });

  it('multiplies by nodes, and knows no interruption on demand', () => {
    const { atWorst } = forecast(job({ maxHours: 100 }, { nodes: 4 }), 10, [onDemand], disk);
    expect(atWorst).toMatchObject({ interruptions: 0, usd: expect.closeTo(4 * 1.01 * (10 + 5 / 60)) });
  });

  it('of an unknown price is unknown where it matters', () => {
    const { atBest, atWorst } = forecast(job(), 1, [spot, { isSpot: false, usdPerHour: null }], disk);
    expect(atBest.usd).not.toBeNull();
    expect(atWorst.usd).toBeNull();
    expect(forecast(job(), 1, [], disk).atBest.usd).toBeNull();
  });

  it.each([
    [{ maxUsd: 1 }, 'limits.maxUsd'],
    [{ maxHours: 10 }, 'limits.maxHours'],
    [{ maxHours: 12, maxUsd: 100 }, null],
  ])('says which limit ends the worst case: %p', (limits, endedBy) => {
    expect(forecast(job(limits), 10, [spot], disk).endedBy).toBe(endedBy);
  });

  it('counts disk and address, as limits.maxUsd does, and says when the price of the disk is unknown', () => {
    const cheap = { isSpot: true, usdPerHour: 0.03 };
    const withDisk = forecast(job({ maxUsd: 1.1 }), 24, [cheap], { diskUsdPerHour: 0.011 });
    expect(withDisk.atBest.usd).toBeCloseTo((0.03 + 0.011 + 0.005) * (24 + 5 / 60));
    expect(withDisk.endedBy).toBe('limits.maxUsd');
    expect(withDisk.assumptions).toContain(
      'with the disk and a public address of each instance; S3 and the control plane come on top',
    );
    const unknown = forecast(job({ maxUsd: 1.1 }), 24, [cheap], { diskUsdPerHour: null });
    expect(unknown.atBest.usd).toBeCloseTo((0.03 + 0.005) * (24 + 5 / 60));
    expect(unknown.assumptions.join()).toContain('the disk, whose price is unknown');
  });
});
