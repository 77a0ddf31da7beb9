/** What it cost, line by line, what the same would have cost on demand, and what was wasted. */
import type { AttemptReceipt, Receipt } from '../../core/costs/receipt';
import type { SessionDetails } from '../../core/view/page-api';
import { duration, money, percent, plural, seconds, usd } from '../format';
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
  const exact = writer(receipt);
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

/** All amounts of a receipt have the same digits: as many as the least of them needs. */
const writer = ({ total }: Receipt) => {
  const digits = total.knownUsd < 1 ? 6 : total.knownUsd < 100 ? 4 : 2;
  return (amount: number | null) => (amount === null ? 'unknown' : `$${amount.toFixed(digits)}`);
};

function Waste({ receipt }: { receipt: Receipt }) {
  const exact = writer(receipt);
  const { waste, recomputedSteps, setupSeconds, idleSeconds, trainSeconds, uploadSeconds } = receipt.total;
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

function Machines({ receipt }: { receipt: Receipt }) {
  const exact = writer(receipt);
  return (
    <section class="card whole scroll">
      <h2>Attempts</h2>
      <table>
        <thead>
          <tr>
            <th>Attempt</th>
            <th>Instance</th>
            <th class="roomy">Market</th>
            <th class="number roomy">Time</th>
            <th class="number roomy">An hour</th>
            <th class="number">Cost</th>
            <th class="roomy">End</th>
          </tr>
        </thead>
        <tbody>
          {receipt.attempts.flatMap((each) => {
            const { attempt, nodes, givenBack } = each;
            const rows = nodes.map((node) => (
              <tr key={node.instanceId}>
                <td>{attempt}</td>
                <td>
                  {node.instanceType} <span class="soft">{node.zone}</span>
                  <div class="soft mono">{node.instanceId}</div>
                  <div class="soft cramped">{duration(node.seconds)}</div>
                  <div class="cramped">
                    <End attempt={each} receipt={receipt} />
                  </div>
                </td>
                <td class="nowrap roomy">{node.market}</td>
                <td class="number nowrap roomy">{duration(node.seconds)}</td>
                <td class="number nowrap roomy">
                  {usd(node.usdPerHour)}
                  {node.priceChanges.length > 0 && <div class="soft">{plural(node.priceChanges.length, 'change')}</div>}
                </td>
                <td class="number nowrap">
                  {node.isWaived ? <span title="AWS took it back within its first hour">free</span> : exact(node.usd)}
                </td>
                <td class="roomy">
                  <End attempt={each} receipt={receipt} />
                </td>
              </tr>
            ));
            if (givenBack === undefined) return rows;
            return [
              ...rows,
              <tr key={`back-${attempt}`}>
                <td>{attempt}</td>
                <td>
                  {plural(givenBack.instances, 'instance')} <span class="soft">of launches without all nodes</span>
                  <div class="cramped">given back at once, {duration(60)} each</div>
                </td>
                <td class="roomy" />
                <td class="number nowrap roomy">{duration(60)} each</td>
                <td class="roomy" />
                <td class="number nowrap">{exact(givenBack.usd)}</td>
                <td class="roomy">given back at once</td>
              </tr>,
            ];
          })}
        </tbody>
      </table>
    </section>
  );
}

function End({ attempt, receipt: { outcome } }: { attempt: AttemptReceipt; receipt: Receipt }) {
  return (
    <>
      {outcome === null && attempt.end === 'no verdict' ? 'goes on' : attempt.end}
      <WayOut attempt={attempt} />
    </>
  );
}

/** What the end took, of an attempt that was told to go. */
function WayOut({ attempt: { shutdown, handOverSeconds } }: { attempt: AttemptReceipt }) {
  const parts = [
    ...(shutdown?.saveSeconds == null ? [] : [`saved in ${seconds(shutdown.saveSeconds)}`]),
    ...(shutdown?.uploadSeconds == null ? [] : [`uploaded in ${seconds(shutdown.uploadSeconds)}`]),
    ...(handOverSeconds === null ? [] : [`the next one trained ${seconds(handOverSeconds)} later`]),
  ];
  return parts.length === 0 ? null : <div class="soft">{parts.join(', ')}</div>;
}
