/** The search in a log: what is found, one after the other. */
import { useRef } from 'preact/hooks';
import { count } from '../format';
import { useKeys } from '../parts/keys';

interface Props {
  text: string;
  /** Of the matches, the one that is in sight. */
  at: number;
  found: number;
  /** Lines without a match are left out. */
  isOnly: boolean;
  search: (text: string) => void;
  move: (by: number) => void;
  setOnly: (isOnly: boolean) => void;
}

export function LogSearch({ text, at, found, isOnly, search: find, move, setOnly }: Props) {
  const field = useRef<HTMLInputElement>(null);
  useKeys({ '/': () => field.current?.focus() });
  return (
    <>
      <label class="search">
        <span class="hidden">Search the log</span>
        <input
          ref={field}
          type="search"
          placeholder="Search"
          value={text}
          onInput={(event) => find(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') move(event.shiftKey ? -1 : 1);
            if (event.key === 'Escape') event.currentTarget.blur();
          }}
        />
        <span class="key" aria-hidden="true">
          /
        </span>
      </label>
      {text !== '' && (
        <>
          <span class="soft num" role="status">
            {found === 0 ? 'nothing' : `${count(at + 1)} of ${count(found)}`}
          </span>
          <span class="button-group">
            <button type="button" onClick={() => move(-1)} aria-label="Previous match">
              ↑
            </button>
            <button type="button" onClick={() => move(1)} aria-label="Next match">
              ↓
            </button>
          </span>
          <label class="check">
            <input type="checkbox" checked={isOnly} onChange={(event) => setOnly(event.currentTarget.checked)} />
            only these
          </label>
        </>
      )}
    </>
  );
}
