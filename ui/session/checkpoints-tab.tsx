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
    <div class="card scroll">
      <table>
        <thead>
          <tr>
            <th>Name</th>
            <th class="number">Step</th>
            <th class="number">Attempt</th>
            <th class="number">Size</th>
            <th>Committed</th>
            <th>State</th>
            <th>Address</th>
          </tr>
        </thead>
        <tbody>
          {checkpoints.map((each) => (
            <tr key={each.uri}>
              <td>
                <strong class="mono">{each.name}</strong>
                {each.problems.map((problem) => (
                  <div key={problem} class="bad-text">
                    {problem}
                  </div>
                ))}
              </td>
              <td class="number">{each.step === null ? '–' : count(each.step)}</td>
              <td class="number">{each.attempt}</td>
              <td class="number nowrap">
                {bytes(each.sizeBytes)}
                <div class="soft">{plural(each.files, 'file')}</div>
              </td>
              <td class="nowrap">{ago(each.committedAt, now)}</td>
              <td class="nowrap">
                <span class={`tone-${WORDS[each.state].tone}`} title={WORDS[each.state].title}>
                  {WORDS[each.state].text}
                </span>
                {each.resumedBy.length > 0 && <div class="soft">resumed by attempt {each.resumedBy.join(', ')}</div>}
              </td>
              <td>
                <CopyButton text={each.uri} label="Copy" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
