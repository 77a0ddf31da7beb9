/** What it cost, line by line, what the same would have cost on demand, and what was wasted. */
import type { NodeReceipt, Receipt } from '../../core/costs/receipt';
import type { SessionDetails } from '../../core/view/page-api';
import { duration, money, percent, plural, usd } from '../format';
import { Empty } from '../parts/notes';

const LINES: Record<keyof Receipt['total']['lines'], string> = {
  instances: 'Instances',
  volumes: 'Disks',
  publicAddresses: 'Public IPv4 addresses',
  storage: 'S3',
  controlPlane: 'Control plane',
};

export function ReceiptTab({ details: { receipt } }: { details: SessionDetails }) {
  if (receipt === null || receipt.attempts.length === 0) return <Empty title="Nothing has cost anything." />;
  return (
    <div class="columns">
      <Bill receipt={receipt} />
      <Waste receipt={receipt} />
      <Machines receipt={receipt} />
    </div>
  );
}

function standing({ outcome, isFinal }: Receipt): string {
  if (outcome === null) return 'so far';
  return isFinal ? 'final' : 'provisional: the last prices come within minutes';
}

function Bill({ receipt }: { receipt: Receipt }) {
  const { total, estimates, excludes } = receipt;
  const saved = total.onDemandUsd === null || total.usd === null ? null : total.onDemandUsd - total.usd;
  return (
    <section class="card">
      <div class="card-head">
        <h2>Receipt</h2>
        <span class="soft">{standing(receipt)}</span>
      </div>
      <table class="bill">
        <tbody>
          {(Object.keys(LINES) as (keyof typeof LINES)[]).map((line) => (
            <tr key={line}>
              <td>
                {LINES[line]}
                {estimates.includes(line) && <span class="soft"> (estimate)</span>}
              </td>
              <td class="number">{exact(total.lines[line])}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Together</th>
            <td class="number">
              <strong>{total.usd === null ? money(null, total.knownUsd) : exact(total.usd)}</strong>
            </td>
          </tr>
          <tr>
            <td>On demand it would have been</td>
            <td class="number">{exact(total.onDemandUsd)}</td>
          </tr>
          {saved !== null && total.onDemandUsd !== null && total.onDemandUsd > 0 && (
            <tr class="good-text">
              <td>Saved</td>
              <td class="number">
                {exact(saved)} ({percent(saved / total.onDemandUsd)})
              </td>
            </tr>
          )}
        </tfoot>
      </table>
      <p class="soft">Not in it: {excludes.join(', ')}.</p>
    </section>
  );
}

const exact = (amount: number | null) => (amount === null ? 'unknown' : `$${amount.toFixed(amount < 1 ? 6 : 2)}`);

function Waste({ receipt: { total } }: { receipt: Receipt }) {
  const { waste, recomputedSteps, setupSeconds, idleSeconds, trainSeconds, uploadSeconds } = total;
  const times = [
    ['Set-up', setupSeconds, waste?.setupUsd, 'wait'],
    ['Idle', idleSeconds, waste?.idleUsd, 'rest'],
    ['Training', trainSeconds, undefined, 'live'],
    ['Upload', uploadSeconds, undefined, 'good'],
  ] as const;
  const all = times.reduce((sum, [, seconds]) => sum + (seconds ?? 0), 0);
  return (
    <section class="card">
      <div class="card-head">
        <h2>Where the time went</h2>
        <span class="soft">{waste === null ? '' : `wasted ${exact(waste.totalUsd)}`}</span>
      </div>
      <div class="shares" aria-hidden="true">
        {times.map(([name, seconds, , tone]) => (
          <span key={name} class={`fill-${tone}`} style={{ flexGrow: all === 0 ? 0 : (seconds ?? 0) / all }} />
        ))}
      </div>
      <table class="bill">
        <tbody>
          {times.map(([name, seconds, wasted, tone]) => (
            <tr key={name}>
              <td>
                <span class={`swatch fill-${tone}`} aria-hidden="true" /> {name}
              </td>
              <td class="number">{duration(seconds)}</td>
              <td class="number soft">{wasted === undefined ? '' : exact(wasted)}</td>
            </tr>
          ))}
          <tr>
            <td>Steps done twice</td>
            <td class="number">{recomputedSteps ?? 'unknown'}</td>
            <td class="number soft">{waste === null ? '' : exact(waste.recomputedUsd)}</td>
          </tr>
        </tbody>
      </table>
    </section>
  );
}

function Machines({ receipt: { attempts } }: { receipt: Receipt }) {
  return (
    <section class="card whole scroll">
      <h2>Attempts</h2>
      <table>
        <thead>
          <tr>
            <th>Attempt</th>
            <th>Instance</th>
            <th>Market</th>
            <th class="number">Time</th>
            <th class="number">An hour</th>
            <th class="number">Cost</th>
            <th>End</th>
          </tr>
        </thead>
        <tbody>
          {attempts.flatMap(({ attempt, nodes, end }) =>
            nodes.map((node) => (
              <tr key={node.instanceId}>
                <td>{attempt}</td>
                <td>
                  {node.instanceType} <span class="soft">{node.zone}</span>
                  <div class="soft mono">{node.instanceId}</div>
                </td>
                <td class="nowrap">{node.market}</td>
                <td class="number nowrap">{duration(node.seconds)}</td>
                <td class="number nowrap">
                  {usd(node.usdPerHour)}
                  {node.priceChanges.length > 0 && <div class="soft">{plural(node.priceChanges.length, 'change')}</div>}
                </td>
                <td class="number nowrap">{priceOf(node)}</td>
                <td>{end}</td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </section>
  );
}

const priceOf = ({ isWaived, usd: amount }: NodeReceipt) =>
  isWaived ? <span title="AWS took it back within its first hour">free</span> : exact(amount);
