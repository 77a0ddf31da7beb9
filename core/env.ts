/**
 * What each function is told by its environment: the parser at run time and the construct's `environment` at synth
 * time derive from the same spec, so that a missing variable is a compile error. A blank variable counts as missing.
 */
import { type Budgets, budgetsSchema } from './costs/budgets';
import { RunctlError } from './errors';

/** Reads one variable; returns undefined when the text is not what it should be. */
interface Variable<T> {
  expected: string;
  parse(text: string): T | undefined;
}

export type EnvSpec = Readonly<Record<string, Variable<unknown>>>;
/** What a function reads. */
export type Env<S extends EnvSpec> = { [K in keyof S]: S[K] extends Variable<infer T> ? T : never };
/** What a construct must set. */
export type Environment<S extends EnvSpec> = Record<keyof S, string>;

const str = (): Variable<string> => ({ expected: 'a text', parse: (text) => text });

/** Comma-separated. */
const list = (): Variable<string[]> => ({
  expected: 'a comma-separated list',
  parse: (text) => {
    const items = text.split(',').map((item) => item.trim());
    return items.every((item) => item !== '') ? items : undefined;
  },
});

/** A JSON array of texts, which may be empty. */
const texts = (): Variable<string[]> => ({
  expected: 'a JSON array of texts',
  parse: (text) => {
    try {
      const value: unknown = JSON.parse(text);
      return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : undefined;
    } catch {
      return undefined;
    }
  },
});

/** A JSON object of texts, `{}` when there is none. */
const record = (): Variable<Record<string, string>> => ({
  expected: 'a JSON object of texts',
  parse: (text) => {
    try {
      const value: unknown = JSON.parse(text);
      const isRecord =
        typeof value === 'object' &&
        value !== null &&
        !Array.isArray(value) &&
        Object.values(value).every((each) => typeof each === 'string');
      return isRecord ? (value as Record<string, string>) : undefined;
    } catch {
      return undefined;
    }
  },
});

/** The stack's budgets as JSON: core/costs/budgets.ts. */
const budgets = (): Variable<Budgets> => ({
  expected: 'budgets as JSON',
  parse: (text) => {
    try {
      return budgetsSchema.safeParse(JSON.parse(text)).data;
    } catch {
      return undefined;
    }
  },
});

const wholeNumber = (): Variable<number> => ({
  expected: 'a whole number of at least 0',
  parse: (text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined),
});

const flag = (): Variable<boolean> => ({
  expected: 'true or false',
  parse: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
});

const store = { TABLE_NAME: str(), BUCKET_NAME: str() };
const notifier = { TOPIC_ARN: str() };
const replacer = { REPLACEMENT_MACHINE_ARN: str() };

/** One spec per function, by its folder's name. AWS_REGION comes from the runtime. */
export const ENV_SPECS = {
  'plan-job': {
    ...store,
    /** Where nodes may create results: `bucket/prefix/`. */
    RESULT_PLACES: list(),
    /** Repositories of ECR's that nodes may pull from. */
    IMAGE_REPOSITORIES: texts(),
    BUDGETS: budgets(),
  },
  'launch-nodes': {
    ...store,
    LAUNCH_TEMPLATE_ID: str(),
    /** One per zone. */
    SUBNET_IDS: list(),
    /** Of the instances: with the instance id it is their aws:userid. */
    NODE_ROLE_ID: str(),
    /** Whether the launch template gives instances a public address. */
    ASSIGN_PUBLIC_IP: flag(),
    DEFAULT_TAGS: record(),
  },
  'start-training': {
    ...store,
    ...notifier,
    DOCUMENT_NAME: str(),
    /** Of the agent and the Node runtimes, keys within it, and their SHA-256 in hex. */
    ASSET_BUCKET: str(),
    AGENT_KEY: str(),
    AGENT_SHA256: str(),
    NODE_X86_64_KEY: str(),
    NODE_X86_64_SHA256: str(),
    NODE_ARM64_KEY: str(),
    NODE_ARM64_SHA256: str(),
  },
  'handle-event': { ...store, ...notifier, ...replacer },
  'collect-results': store,
  'release-nodes': { ...store, ...notifier },
  'notify-finished': { ...store, ...notifier },
  'track-costs': { ...store, ...notifier, BUDGETS: budgets() },
  reconcile: { ...store, ...notifier, ...replacer, STATE_MACHINE_ARN: str() },
  'report-costs': { ...store, ...notifier, BUDGETS: budgets() },
  'notify-slack': {
    /** Name of the SecureString with the webhook's address. */
    SLACK_WEBHOOK_PARAMETER: str(),
  },
  'reap-zombies': {
    ...store,
    ...notifier,
    ZOMBIE_MIN_AGE_MINUTES: wholeNumber(),
    REAP_DRY_RUN: flag(),
    CHECKPOINT_DAYS_AFTER_SUCCESS: wholeNumber(),
    CHECKPOINT_DAYS_RESUMABLE: wholeNumber(),
  },
} as const satisfies Record<string, EnvSpec>;

export type FunctionName = keyof typeof ENV_SPECS;

/** Throws ConfigInvalid naming every variable that is missing or wrong, never their values. */
export function readEnv<S extends EnvSpec>(spec: S, source: Readonly<Record<string, string | undefined>>): Env<S> {
  const problems: string[] = [];
  const entries = Object.entries(spec).map(([name, variable]) => {
    const text = source[name]?.trim() ?? '';
    const value = text === '' ? undefined : variable.parse(text);
    if (value === undefined) problems.push(`${name} ${text === '' ? 'is missing' : `is not ${variable.expected}`}`);
    return [name, value];
  });
  if (problems.length > 0)
    throw new RunctlError('ConfigInvalid', `The function's environment: ${problems.join('; ')}.`);
  return Object.fromEntries(entries) as Env<S>;
}
