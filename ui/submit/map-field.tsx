/** Names and values: environment variables, secrets, tags. */
import { useEffect, useState } from 'preact/hooks';

interface Props {
  id: string;
  value: Readonly<Record<string, unknown>>;
  change: (value: unknown) => void;
}

type Entry = readonly [name: string, value: string];

export function MapField({ id, value, change, ...shared }: Props & { 'aria-describedby': string; onBlur: () => void }) {
  const [entries, setEntries] = useState<readonly Entry[]>(() => entriesOf(value));
  useEffect(() => {
    // Names that are still being written are not in the job yet.
    if (JSON.stringify(asMap(entries) ?? {}) !== JSON.stringify(value)) setEntries(entriesOf(value));
  }, [value]);
  const set = (next: readonly Entry[]) => {
    setEntries(next);
    change(asMap(next));
  };
  const replace = (index: number, entry: Entry) => set(entries.map((each, at) => (at === index ? entry : each)));
  return (
    <div class="map" {...shared}>
      {entries.map(([name, text], index) => (
        <div key={index} class="map-row">
          <input
            type="text"
            aria-label="Name"
            placeholder="NAME"
            spellcheck={false}
            value={name}
            onInput={(event) => replace(index, [event.currentTarget.value, text])}
          />
          <input
            type="text"
            aria-label={`Value of ${name}`}
            placeholder="value"
            spellcheck={false}
            value={text}
            onInput={(event) => replace(index, [name, event.currentTarget.value])}
          />
          <button
            type="button"
            class="icon-button"
            aria-label={`Remove ${name}`}
            onClick={() => set(entries.filter((_, at) => at !== index))}
          >
            ×
          </button>
        </div>
      ))}
      <button type="button" id={id} class="link-button" onClick={() => setEntries([...entries, ['', '']])}>
        + Add
      </button>
    </div>
  );
}

const entriesOf = (value: Readonly<Record<string, unknown>>): Entry[] =>
  Object.entries(value).map(([name, own]) => [name, String(own)]);

function asMap(entries: readonly Entry[]): Record<string, string> | undefined {
  const named = entries.filter(([name]) => name !== '');
  return named.length === 0 ? undefined : Object.fromEntries(named);
}
