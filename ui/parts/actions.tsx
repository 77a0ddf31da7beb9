/** Buttons that change something. Each asks once, and says what one would type instead. */
import { useState } from 'preact/hooks';
import type { ActionCommands, ActionName, SubmitAnswer } from '../../core/view/page-api';
import { post } from '../api';
import { go, sessionAddress } from '../router';
import { Ask } from './ask';
import { Dialog } from './dialog';
import { Download } from './download';

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
        {asking === 'download' && <Download sessionId={sessionId} commands={actions.download} close={close} />}
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
