/** Keys that do something wherever one is, but in a field. */
import { useEffect, useRef } from 'preact/hooks';
import { go } from '../router';
import { Dialog } from './dialog';

type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const { target } = event;
      const isTyping = target instanceof HTMLElement && target.closest('input, textarea, select, dialog') !== null;
      const act = isTyping ? undefined : latest.current[event.key];
      if (act === undefined) return;
      event.preventDefault();
      act(event);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}

const HELP: readonly (readonly [string, string])[] = [
  ['/', 'search'],
  ['j  k', 'next and previous session'],
  ['Enter', 'open it'],
  ['n', 'new job'],
  ['s  f  c', 'sessions, fleet, costs'],
  ['+  −  0', 'on a chart: zoom in, out, all'],
  ['←  →', 'on a chart: earlier, later'],
  ['?', 'this list'],
];

/** Those of every page. */
export const PAGE_KEYS: Keys = {
  n: () => go('#/new'),
  s: () => go('#/'),
  f: () => go('#/fleet'),
  c: () => go('#/costs'),
};

export function KeysHelp({ isOpen, close }: { isOpen: boolean; close: () => void }) {
  return (
    <Dialog isOpen={isOpen} close={close} title="Keys">
      <dl class="keys">
        {HELP.map(([key, does]) => (
          <div key={key}>
            <dt>
              {key.split('  ').map((each) => (
                <kbd key={each}>{each}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
