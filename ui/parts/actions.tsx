/** Buttons that change something. Each asks once, and says what one would type instead. */
import { useState } from 'preact/hooks';
import type { ActionCommands, ActionName, DownloadAnswer, SubmitAnswer } from '../../core/view/page-api';
import { asFailure, type CallFailure, post } from '../api';
import { bytes, plural } from '../format';
import { go, sessionAddress } from '../router';
import { CommandLine } from './copy';
import { Dialog } from './dialog';
import { Failure } from './notes';

type Offered = Partial<Record<ActionName, ActionCommands>>;

interface Props {
  sessionId: string;
  actions: Offered;
  /** Called when something has changed. */
  done: () => void;
}

type Asking = 'stop' | 'resume' | 'interrupt' | 'download';

const BUTTONS: readonly { name: Asking; title: string; kind: string }[] = [
  { name: 'interrupt', title: 'Interrupt', kind: '' },
  { name: 'stop', title: 'Stop', kind: 'danger' },
  { name: 'download', title: 'Download', kind: '' },
  { name: 'resume', title: 'Resume', kind: 'strong' },
];

export function Actions({ sessionId, actions, done }: Props) {
  const [asking, setAsking] = useState<Asking | null>(null);
  const close = () => setAsking(null);
  const props = { sessionId, actions, close, done };
  return (
    <div class="actions">
      {BUTTONS.filter(({ name }) => actions[name] !== undefined).map(({ name, title, kind }) => (
        <button key={name} type="button" class={`button ${kind}`} onClick={() => setAsking(name)}>
          {title}
        </button>
      ))}
      <Dialog isOpen={asking !== null} close={close} title={asking === null ? '' : TITLES[asking]}>
        {asking === 'stop' && <Stop {...props} />}
        {asking === 'interrupt' && <Interrupt {...props} />}
        {asking === 'resume' && <Resume {...props} />}
        {asking === 'download' && <Download {...props} />}
      </Dialog>
    </div>
  );
}

const TITLES: Record<Asking, string> = {
  stop: 'Stop this session?',
  resume: 'Go on with this session?',
  interrupt: 'Interrupt its instance?',
  download: 'Download the results?',
};

type DialogProps = Props & { close: () => void };

function Stop({ sessionId, actions, close, done }: DialogProps) {
  const [isNow, setNow] = useState(false);
  return (
    <Ask
      commands={actions[isNow ? 'stopNow' : 'stop']}
      verb={isNow ? 'Stop at once' : 'Save and stop'}
      kind="danger"
      close={close}
      act={() => post(`sessions/${sessionId}/stop`, { now: isNow }).then(done).then(close)}
    >
      <div class="radios">
        <label>
          <input type="radio" name="how" checked={!isNow} onChange={() => setNow(false)} />
          <span>
            Save first <span class="soft">training gets SIGTERM, and what it saves is uploaded</span>
          </span>
        </label>
        <label>
          <input type="radio" name="how" checked={isNow} onChange={() => setNow(true)} />
          <span>
            At once <span class="soft">what was done since the last checkpoint is lost</span>
          </span>
        </label>
      </div>
    </Ask>
  );
}

function Interrupt({ sessionId, actions, close, done }: DialogProps) {
  return (
    <Ask
      commands={actions.interrupt}
      verb="Send the notice"
      kind="danger"
      close={close}
      act={() => post(`sessions/${sessionId}/interrupt`).then(done).then(close)}
    >
      <p>
        It gets the two-minute spot notice, as from AWS: it saves, uploads and goes, and the next attempt resumes from
        what was saved.
      </p>
    </Ask>
  );
}

function Resume({ sessionId, actions, close }: DialogProps) {
  const [more, setMore] = useState({ addUsd: 0, addHours: 0 });
  const flags = [
    ...(more.addUsd > 0 ? [`--add-usd ${more.addUsd}`] : []),
    ...(more.addHours > 0 ? [`--add-hours ${more.addHours}`] : []),
  ];
  const { resume } = actions;
  const commands = resume && { ...resume, runctl: [resume.runctl, ...flags].join(' ') };
  const act = async () => {
    const { sessionId: next } = await post<SubmitAnswer>(`sessions/${sessionId}/resume`, more);
    close();
    go(sessionAddress(next));
  };
  return (
    <Ask commands={commands} verb="Resume" kind="strong" close={close} act={act}>
      <p>A new session begins with the newest verified checkpoint of this one, and with what is left of its limits.</p>
      <div class="pair">
        <Amount
          label="Raise limits.maxUsd by"
          unit="$"
          value={more.addUsd}
          change={(addUsd) => setMore({ ...more, addUsd })}
        />
        <Amount
          label="Raise limits.maxHours by"
          unit="h"
          value={more.addHours}
          change={(addHours) => setMore({ ...more, addHours })}
        />
      </div>
    </Ask>
  );
}

interface AmountProps {
  label: string;
  unit: string;
  value: number;
  change: (value: number) => void;
}

function Amount({ label, unit, value, change }: AmountProps) {
  return (
    <label class="field">
      <span>
        {label} <span class="soft">{unit}</span>
      </span>
      <input
        type="number"
        min="0"
        step="any"
        value={value === 0 ? '' : value}
        placeholder="0"
        onInput={(event) => change(Number(event.currentTarget.value) || 0)}
      />
    </label>
  );
}

function Download({ sessionId, actions, close }: DialogProps) {
  const [brought, setBrought] = useState<DownloadAnswer>();
  if (brought) return <Brought brought={brought} close={close} />;
  return (
    <Ask
      commands={actions.download}
      verb="Download"
      kind="strong"
      close={close}
      act={async () => setBrought(await post<DownloadAnswer>(`sessions/${sessionId}/download`))}
    >
      <p>
        They go into <code>results/{sessionId}</code> of the folder in which this page was started; each file is checked
        against its hash.
      </p>
    </Ask>
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

interface AskProps {
  commands: ActionCommands | undefined;
  verb: string;
  kind: string;
  close: () => void;
  act: () => Promise<unknown>;
  children: preact.ComponentChildren;
}

function Ask({ commands, verb, kind, close, act, children }: AskProps) {
  const [failure, setFailure] = useState<CallFailure>();
  const [isBusy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    setFailure(undefined);
    await act().catch((error: unknown) => setFailure(asFailure(error)));
    setBusy(false);
  };
  return (
    <div class="stack">
      {children}
      {commands && (
        <div class="commands">
          <p class="soft">The same in a terminal</p>
          <CommandLine command={commands.runctl} />
          {commands.aws && <CommandLine command={commands.aws} />}
        </div>
      )}
      {failure && <Failure failure={failure} />}
      <div class="dialog-end">
        <button type="button" class="button" onClick={close}>
          Cancel
        </button>
        <button type="button" class={`button ${kind}`} disabled={isBusy} onClick={() => void go()}>
          {isBusy ? <span class="spinner" aria-hidden="true" /> : null}
          {verb}
        </button>
      </div>
    </div>
  );
}
