import { requireJobSpec } from '../../core/job/job-spec-problems';
import { forecast } from '../../core/plan/forecast';

const job = (limits: object = {}, resources: object = {}) =>
  requireJobSpec({ name: 'a', command: 'b', limits, resources });
const spot = { isSpot: true, usdPerHour: 0.3 };
const onDemand = { isSpot: false, usdPerHour: 1 };

describe('a forecast', () => {
  it('takes the cheapest without trouble, and the dearest with an interruption each four hours', () => {
    const { atBest, likely, atWorst } = forecast(job({ maxHours: 100 }), 48, [spot, onDemand]);
    expect(atBest).toEqual({ hours: 48 + 5 / 60, interruptions: 0, usd: expect.closeTo(0.3 * (48 + 5 / 60)) });
    expect(likely.interruptions).toBe(2);
    expect(atWorst.interruptions).toBe(12);
    expect(atWorst.hours).toBeCloseTo(48 + (13 * 5) / 60 + 3);
    expect(atWorst.usd).toBeCloseTo(atWorst.hours);
  });

  it('multiplies by nodes, and knows no interruption on demand', () => {
    const { atWorst } = forecast(job({ maxHours: 100 }, { nodes: 4 }), 10, [onDemand]);
    expect(atWorst).toMatchObject({ interruptions: 0, usd: expect.closeTo(4 * (10 + 5 / 60)) });
  });

  it('of an unknown price is unknown where it matters', () => {
    const { atBest, atWorst } = forecast(job(), 1, [spot, { isSpot: false, usdPerHour: null }]);
    expect(atBest.usd).not.toBeNull();
    expect(atWorst.usd).toBeNull();
    expect(forecast(job(), 1, []).atBest.usd).toBeNull();
  });

  it.each([
    [{ maxUsd: 1 }, 'limits.maxUsd'],
    [{ maxHours: 10 }, 'limits.maxHours'],
    [{ maxHours: 12, maxUsd: 100 }, null],
  ])('says which limit ends the worst case: %p', (limits, endedBy) => {
    expect(forecast(job(limits), 10, [spot]).endedBy).toBe(endedBy);
  });
});
