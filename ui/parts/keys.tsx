/** Keys that do something wherever one is, but in a field. */
import { useEffect, useRef } from 'preact/hooks';
import { go } from '../router';
import { Dialog } from './dialog';

const SECOND_KEY_MS = 1500;

type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  /** When `g` was pressed, which begins a key of two: a letter alone must not lead away from what one reads. */
  const wentAt = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const { target } = event;
      const isTyping = target instanceof HTMLElement && target.closest('input, textarea, select, dialog') !== null;
      const isSecond = event.timeStamp - wentAt.current < SECOND_KEY_MS;
      wentAt.current = event.key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY;
      const act = isTyping ? undefined : latest.current[isSecond ? `g ${event.key}` : event.key];
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
  ['g s', 'sessions'],
  ['g f', 'fleet'],
  ['g c', 'costs'],
  ['g n', 'new job'],
  ['+  −  0', 'on a chart: zoom in, out, all'],
  ['←  →', 'on a chart: earlier, later'],
  ['?', 'this list'],
];

/** Those of every page. */
export const PAGE_KEYS: Keys = {
  'g n': () => go('#/new'),
  'g s': () => go('#/'),
  'g f': () => go('#/fleet'),
  'g c': () => go('#/costs'),
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
