/** The ledger of checkpoints, the newest first. */
import type { CheckpointView, SessionDetails } from '../../core/view/page-api';
import { ago, bytes, count, plural } from '../format';
import { CopyButton } from '../parts/copy';
import { Empty } from '../parts/notes';

interface Props {
  checkpoints: readonly CheckpointView[];
  details: SessionDetails;
}

const WORDS: Record<CheckpointView['state'], { text: string; tone: string; title: string }> = {
  verified: { text: 'verified', tone: 'good', title: 'An attempt resumed from it, and checked every hash.' },
  whole: { text: 'whole', tone: 'live', title: 'Every file is there with its size.' },
  torn: { text: 'torn', tone: 'bad', title: 'It is never resumed from.' },
};

export function CheckpointsTab({ checkpoints, details: { now } }: Props) {
  if (checkpoints.length === 0) {
    return (
      <Empty title="No checkpoint is committed.">
        <p>One counts once its manifest is in S3, after every file of it.</p>
      </Empty>
    );
  }
  return (
    <div class="card">
      <table class="named">
        <thead>
          <tr>
            <th>Name</th>
            <th class="number roomy">Step</th>
            <th class="number roomy">Attempt</th>
            <th class="number roomy">Size</th>
            <th>Committed</th>
            <th>State</th>
            <th class="roomy">Address</th>
          </tr>
        </thead>
        <tbody>
          {checkpoints.map((each) => (
            <tr key={each.uri}>
              <td>
                <strong class="mono breaking">{each.name}</strong>
                <div class="soft cramped">
                  attempt {each.attempt} · {bytes(each.sizeBytes)}
                </div>
                {each.problems.map((problem) => (
                  <div key={problem} class="bad-text">
                    {problem}
                  </div>
                ))}
              </td>
              <td class="number roomy">{each.step === null ? '–' : count(each.step)}</td>
              <td class="number roomy">{each.attempt}</td>
              <td class="number nowrap roomy">
                {bytes(each.sizeBytes)}
                <div class="soft">{plural(each.files, 'file')}</div>
              </td>
              <td class="nowrap">{ago(each.committedAt, now)}</td>
              <td>
                <span class={`tone-${WORDS[each.state].tone}`} title={WORDS[each.state].title}>
                  {WORDS[each.state].text}
                </span>
                {each.resumedBy.length > 0 && <div class="soft">resumed by attempt {each.resumedBy.join(', ')}</div>}
              </td>
              <td class="roomy">
                <CopyButton text={each.uri} label="Copy" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
