/** The job as JSON, as it lies in job.json: another view of the form, which is written in as well. */
import { useEffect, useState } from 'preact/hooks';
import { isObject, type RawJob } from './raw-job';

interface Props {
  raw: RawJob;
  change: (raw: RawJob) => void;
}

export function JsonEditor({ raw, change }: Props) {
  const [text, setText] = useState(() => written(raw));
  const [error, setError] = useState<string>();
  useEffect(() => {
    const read = parse(text);
    if (typeof read !== 'string' && JSON.stringify(read) === JSON.stringify(raw)) return;
    setText(written(raw));
    setError(undefined);
  }, [raw]);
  const type = (typed: string) => {
    setText(typed);
    const read = parse(typed);
    if (typeof read === 'string') {
      setError(read);
      return;
    }
    setError(undefined);
    change(read);
  };
  return (
    <div class={`json${error ? ' wrong' : ''}`}>
      <textarea
        aria-label="The job as JSON"
        aria-invalid={error !== undefined}
        spellcheck={false}
        rows={Math.min(28, Math.max(8, text.split('\n').length + 1))}
        value={text}
        onInput={(event) => type(event.currentTarget.value)}
      />
      {error && (
        <p class="bad-text" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

const written = (raw: RawJob) => JSON.stringify(raw, null, 2);

/** What is wrong, in words. */
function parse(text: string): RawJob | string {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : 'A job is an object: { "name": …, "command": … }';
  } catch (error) {
    return error instanceof Error ? error.message : 'This is not JSON.';
  }
}
