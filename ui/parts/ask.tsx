/** Asks once before something is changed, and says what one would type instead. */
import { useState } from 'preact/hooks';
import type { ActionCommands } from '../../core/view/page-api';
import { asFailure, type CallFailure } from '../api';
import { CommandLine } from './copy';
import { Failure } from './notes';

interface AskProps {
  commands: ActionCommands | undefined;
  verb: string;
  kind: string;
  close: () => void;
  act: () => Promise<unknown>;
  children: preact.ComponentChildren;
}

export function Ask({ commands, verb, kind, close, act, children }: AskProps) {
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
