/** One field of the form, by its kind. */
import { useEffect, useId, useState } from 'preact/hooks';
import type { SpecProblem } from '../../core/job/job-spec-problems';
import { Words } from '../parts/words';
import { MapField } from './map-field';
import { isObject, numberOf, partsOf } from './raw-job';
import type { Field } from './schema-fields';

export interface FieldProps {
  field: Field;
  value: unknown;
  problems: readonly SpecProblem[];
  change: (value: unknown) => void;
  /** Somebody has been there: what is missing is told from now on. */
  touch: () => void;
}

export function FormField(props: FieldProps) {
  const { field, problems } = props;
  const id = useId();
  const isWrong = problems.length > 0;
  const described = `${id}-note`;
  const shared = { id, 'aria-invalid': isWrong, 'aria-describedby': described, onBlur: props.touch };
  return (
    <div class={`field kind-${field.kind}${field.isShort ? ' short' : ''}${isWrong ? ' wrong' : ''}`}>
      <label for={id}>
        {field.label}
        {field.isRequired && <span class="needed"> required</span>}
        <code>{field.path.join('.')}</code>
      </label>
      <Input {...props} shared={shared} />
      <div class="note" id={described}>
        {isWrong ? (
          problems.map(({ field: where, message }) => (
            <p key={where + message} class="bad-text">
              {keyWithin(where, field)}
              {message}
            </p>
          ))
        ) : (
          <p class="soft">
            <Words text={field.description ?? ''} />
          </p>
        )}
      </div>
    </div>
  );
}

/** The key of a map that is meant; of a list, what was found there says enough. */
function keyWithin(where: string, { kind, path }: Field): string {
  return kind === 'map' && where !== path.join('.') ? `${where.slice(path.join('.').length + 1)}: ` : '';
}

interface Shared {
  id: string;
  'aria-invalid': boolean;
  'aria-describedby': string;
  onBlur: () => void;
}

function Input(props: FieldProps & { shared: Shared }) {
  const { field, value, change, shared } = props;
  switch (field.kind) {
    case 'yes':
      return (
        <input
          type="checkbox"
          {...shared}
          checked={value === true}
          onChange={(event) => change(event.currentTarget.checked || undefined)}
        />
      );
    case 'choice':
      return (
        <span class="select">
          <select
            {...shared}
            value={typeof value === 'string' ? value : ''}
            onChange={(event) => change(event.currentTarget.value || undefined)}
          >
            <option value="">{String(field.usual)} (as usual)</option>
            {field.choices
              .filter((each) => each !== field.usual)
              .map((each) => (
                <option key={each}>{each}</option>
              ))}
          </select>
        </span>
      );
    case 'map':
      return <MapField {...shared} value={isObject(value) ? value : {}} change={change} />;
    default:
      return <TextInput {...props} />;
  }
}

/** What is typed stays as it is typed, whatever it means: `1.` is on its way to `1.5`. */
function TextInput({ field, value, change, shared }: FieldProps & { shared: Shared }) {
  const [text, setText] = useState(() => asText(value));
  useEffect(() => {
    if (JSON.stringify(meaning(field, text)) !== JSON.stringify(value)) setText(asText(value));
  }, [value]);
  const type = (typed: string) => {
    setText(typed);
    change(meaning(field, typed));
  };
  const usual = field.usual === null ? (PLACEHOLDERS[field.path.join('.')] ?? 'none') : asText(field.usual);
  const placeholder = field.isRequired ? (PLACEHOLDERS[field.path.join('.')] ?? '') : usual;
  if (field.kind === 'long') {
    return (
      <textarea
        {...shared}
        rows={2}
        spellcheck={false}
        value={text}
        placeholder={placeholder}
        onInput={(event) => type(event.currentTarget.value)}
      />
    );
  }
  return (
    <input
      type="text"
      {...shared}
      {...(field.kind === 'number' ? { inputMode: field.isWhole ? 'numeric' : 'decimal' } : {})}
      autocomplete="off"
      spellcheck={false}
      value={text}
      placeholder={placeholder}
      onInput={(event) => type(event.currentTarget.value)}
    />
  );
}

/** Where the usual value says nothing of what is wanted. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  name: 'finetune',
  command: 'python3 train.py',
  code: 's3://… or a folder of this machine, such as .',
  data: 's3://… or a file or folder of this machine',
  output: 'results/ of the stack’s bucket',
  'checkpoints.resumeArg': '--resume {path}',
  resumeFrom: 'a session id',
};

function meaning({ kind }: Field, text: string): unknown {
  switch (kind) {
    case 'number':
      return numberOf(text);
    case 'list':
      return partsOf(text).length === 0 ? undefined : partsOf(text);
    case 'numbers':
      return partsOf(text).length === 0 ? undefined : partsOf(text).map(numberOf);
    default:
      return text === '' ? undefined : text;
  }
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(String).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
