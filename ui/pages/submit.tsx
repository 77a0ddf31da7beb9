/** A new job: a form from the schema beside its JSON, checked as one types. */
import { useContext, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { SpecProblem } from '../../core/job/job-spec-problems';
import type { CheckAnswer, PlanView, SessionDetails, SubmitAnswer } from '../../core/view/page-api';
import { asFailure, type CallFailure, get, post } from '../api';
import { plural } from '../format';
import { CommandLine } from '../parts/copy';
import { Failure, Loading } from '../parts/notes';
import { go, sessionAddress } from '../router';
import { ForecastCard } from '../submit/forecast';
import { FormField } from '../submit/form-field';
import { JsonEditor } from '../submit/json-editor';
import { problemsAt, problemsOf, type RawJob, valueAt, withoutUsual, withValue } from '../submit/raw-job';
import { type Section, sections } from '../submit/schema-fields';
import { CloudContext } from '../use-polled';

/** What was being written is there again for whoever looks at something else in between. */
let draft: RawJob = {};

export function SubmitPage({ from }: { from: string | undefined }) {
  const [begin, setBegin] = useState<RawJob | undefined>(from === undefined ? draft : undefined);
  const [failure, setFailure] = useState<CallFailure>();
  useEffect(() => {
    if (from === undefined) return;
    get<SessionDetails>(`sessions/${from}`).then(
      ({ job }) => setBegin(withoutUsual({ ...job, resumeFrom: null })),
      (error: unknown) => setFailure(asFailure(error)),
    );
  }, [from]);
  if (failure) return <Failure failure={failure} />;
  return begin === undefined ? <Loading what={`the job of ${from}`} /> : <JobForm begin={begin} />;
}

const SECTIONS = sections();
/** Of a map, what is typed into is within what is wrong. */
const WRONG = '[aria-invalid="true"]:is(input, textarea, select), [aria-invalid="true"] input';
const CHECK_AFTER_MS = 300;

function JobForm({ begin }: { begin: RawJob }) {
  const [raw, setRaw] = useState(begin);
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const form = useRef<HTMLFormElement>(null);
  /** How often somebody wanted to submit what cannot run. */
  const [refusals, setRefusals] = useState(0);
  // What is wrong may be far from the button: above it on a phone.
  useEffect(() => {
    if (refusals > 0) form.current?.querySelector<HTMLElement>(WRONG)?.focus();
  }, [refusals]);
  const change = (next: RawJob) => {
    draft = next;
    setRaw(next);
  };
  const problems = useProblems(raw);
  const shown = problems.filter(({ field, message }) => !message.includes('missing') || touched.has(field));
  return (
    <>
      <div class="page-head">
        <h1>New job</h1>
        <p class="soft">What is left empty has its usual value.</p>
      </div>
      <div class="form-columns">
        <form ref={form} class="stack" onSubmit={(event) => event.preventDefault()} aria-label="Job">
          {SECTIONS.map((section) => (
            <FormSection
              key={section.key}
              section={section}
              raw={raw}
              problems={shown}
              change={change}
              touch={(field) => setTouched(new Set([...touched, field]))}
            />
          ))}
        </form>
        <aside class="stack">
          <Submitting
            raw={raw}
            problems={problems}
            tellAll={() => {
              setTouched(new Set(problems.map(({ field }) => field)));
              setRefusals(refusals + 1);
            }}
            reset={() => change({})}
          />
          <section class="card">
            <h2>job.json</h2>
            <JsonEditor raw={raw} change={change} />
          </section>
        </aside>
      </div>
    </>
  );
}

/** The page knows the spec itself; what lies on this machine and its neighbours, the server looks at a moment later. */
function useProblems(raw: RawJob): SpecProblem[] {
  const own = useMemo(() => problemsOf(raw), [raw]);
  const [local, setLocal] = useState<readonly SpecProblem[]>([]);
  useEffect(() => {
    setLocal([]);
    if (typeof raw['code'] !== 'string' && typeof raw['data'] !== 'string') return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      post<CheckAnswer>('check', { job: raw }, stop.signal).then(
        ({ problems }) => setLocal(problems.filter(({ field }) => field === 'code' || field === 'data')),
        () => {},
      );
    }, CHECK_AFTER_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [raw['code'], raw['data']]);
  return [...own, ...local.filter(({ field }) => !own.some((each) => each.field === field))];
}

interface SectionProps {
  section: Section;
  raw: RawJob;
  problems: readonly SpecProblem[];
  change: (raw: RawJob) => void;
  touch: (field: string) => void;
}

function FormSection({ section: { key, title, fields }, raw, problems, change, touch }: SectionProps) {
  const said = fields.filter(({ path }) => valueAt(raw, path) !== undefined).length;
  const wrong = fields.filter(({ path }) => problemsAt(problems, path).length > 0).length;
  const inner = (
    <div class="fields">
      {fields.map((field) => (
        <FormField
          key={field.path.join('.')}
          field={field}
          value={valueAt(raw, field.path)}
          problems={problemsAt(problems, field.path)}
          change={(value) => change(withValue(raw, field.path, value))}
          touch={() => touch(field.path.join('.'))}
        />
      ))}
    </div>
  );
  if (key === '') return <section class="card">{inner}</section>;
  return (
    <details class="card" open={said > 0 || wrong > 0 || key === 'resources' || undefined}>
      <summary>
        <h2>{title}</h2>
        {wrong > 0 ? (
          <span class="bad-text">{plural(wrong, 'problem')}</span>
        ) : (
          <span class="soft">{said === 0 ? 'as usual' : `${said} set`}</span>
        )}
      </summary>
      {inner}
    </details>
  );
}

interface SubmittingProps {
  raw: RawJob;
  problems: readonly SpecProblem[];
  tellAll: () => void;
  reset: () => void;
}

function Submitting({ raw, problems, tellAll, reset }: SubmittingProps) {
  const cloud = useContext(CloudContext);
  const [id, setId] = useState('');
  const [busy, setBusy] = useState<'submit' | 'forecast' | null>(null);
  const [failure, setFailure] = useState<CallFailure>();
  const [plan, setPlan] = useState<PlanView>();
  useEffect(() => setPlan(undefined), [raw]);
  const run = async (what: 'submit' | 'forecast', act: () => Promise<void>) => {
    setFailure(undefined);
    if (problems.length > 0) {
      tellAll();
      return;
    }
    setBusy(what);
    await act().catch((error: unknown) => setFailure(asFailure(error)));
    setBusy(null);
  };
  const submit = () =>
    run('submit', async () => {
      const { sessionId } = await post<SubmitAnswer>('submit', { job: raw, ...(id === '' ? {} : { id }) });
      draft = {};
      go(sessionAddress(sessionId));
    });
  const forecast = () => run('forecast', async () => setPlan(await post<PlanView>('forecast', { job: raw })));
  return (
    <section class="card submitting">
      <label class="field">
        <span>
          Session id <span class="soft">empty: name and time</span>
        </span>
        <input
          type="text"
          value={id}
          spellcheck={false}
          autocomplete="off"
          placeholder={`${String(raw['name'] ?? 'name')}-…`}
          onInput={(event) => setId(event.currentTarget.value)}
        />
      </label>
      <p class={problems.length === 0 ? 'good-text' : 'soft'} role="status">
        {problems.length === 0
          ? '✓ The job is valid.'
          : `${plural(problems.length, 'thing')} to mend before it can start.`}
      </p>
      <div class="dialog-end">
        <button type="button" class="link-button" onClick={reset} disabled={Object.keys(raw).length === 0}>
          Clear
        </button>
        <button type="button" class="button" disabled={busy !== null} onClick={() => void forecast()}>
          {busy === 'forecast' && <span class="spinner" aria-hidden="true" />}
          Forecast
        </button>
        <button type="button" class="button strong" disabled={busy !== null} onClick={() => void submit()}>
          {busy === 'submit' && <span class="spinner" aria-hidden="true" />}
          Submit
        </button>
      </div>
      {failure && <Failure failure={failure} />}
      {plan && <ForecastCard view={plan} />}
      {cloud && (
        <div class="commands">
          <p class="soft">The same in a terminal, with job.json below</p>
          <CommandLine command={cloud.submit.runctl} />
          {cloud.submit.aws && <CommandLine command={cloud.submit.aws} />}
        </div>
      )}
    </section>
  );
}
