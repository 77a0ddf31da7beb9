/** Results come to this machine: how far they are, and what came. */
import { useState } from 'preact/hooks';
import type { ActionCommands, DownloadAnswer, DownloadProgress } from '../../core/view/page-api';
import { post } from '../api';
import { bytes, plural } from '../format';
import { usePolled } from '../use-polled';
import { Ask } from './ask';
import { Bar } from './bar';
import { CommandLine } from './copy';

const LOOK_EVERY_MS = 500;

interface Props {
  sessionId: string;
  commands: ActionCommands | undefined;
  close: () => void;
}

export function Download({ sessionId, commands, close }: Props) {
  const [brought, setBrought] = useState<DownloadAnswer>();
  if (brought) return <Brought brought={brought} close={close} />;
  return (
    <Ask
      commands={commands}
      verb="Download"
      kind="strong"
      close={close}
      act={async () => setBrought(await post<DownloadAnswer>(`sessions/${sessionId}/download`))}
    >
      <p>
        They go into <code>results/{sessionId}</code> of the folder in which this page was started; each file is checked
        against its hash.
      </p>
      <Progress sessionId={sessionId} />
    </Ask>
  );
}

/** Also of one that was begun before this dialog was opened. */
function Progress({ sessionId }: { sessionId: string }) {
  const path = `sessions/${sessionId}/download`;
  const { data } = usePolled<DownloadProgress | null>(path, path, { everyMs: LOOK_EVERY_MS });
  if (!data) return null;
  const { doneBytes, totalBytes } = data;
  return (
    <div class="stack tight">
      <Bar label="download" fraction={totalBytes ? doneBytes / totalBytes : null} />
      <p class="soft">
        {bytes(doneBytes)}
        {totalBytes !== null && ` of ${bytes(totalBytes)}`}
      </p>
    </div>
  );
}

function Brought({
  brought: { what, files, totalBytes, folder, problems },
  close,
}: {
  brought: DownloadAnswer;
  close: () => void;
}) {
  const good = files.length - problems.length;
  return (
    <div class="stack">
      <p>
        {what}: {plural(good, 'file')}, {bytes(totalBytes)}, verified, in
      </p>
      <CommandLine command={folder} />
      {problems.map((problem) => (
        <p key={problem} class="bad-text">
          {problem}
        </p>
      ))}
      <div class="dialog-end">
        <button type="button" class="button strong" onClick={close}>
          Close
        </button>
      </div>
    </div>
  );
}
