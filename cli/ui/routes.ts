/** The page's API: which call is answered by what. What comes in is parsed before anything is asked of the cloud. */
import { z } from 'zod';
import { SESSION_ID_PATTERN } from '../../core/job/job-spec';
import type { PageApi } from './page-api';

export interface Call {
  method: string;
  /** Below `/api/`. */
  path: string;
  query: URLSearchParams;
  /** undefined: none was sent. */
  body: unknown;
}

type Answer = (api: PageApi, call: Call, sessionId: string) => Promise<unknown>;

interface Route {
  method: 'GET' | 'POST';
  /** `:id` stands for a session's id. */
  path: string;
  answer: Answer;
}

const sinceSchema = z.coerce.number().int().min(0).default(0);
const logQuerySchema = z.object({
  attempt: z.coerce.number().int().min(1),
  node: z.coerce.number().int().min(0).default(0),
  generation: z.coerce.number().int().min(0).default(0),
  from: z.coerce.number().int().min(0).default(0),
});
const jobSchema = z.strictObject({ job: z.record(z.string(), z.unknown()) });
const submitSchema = jobSchema.extend({ id: z.string().optional() });
const stopSchema = z.strictObject({ now: z.boolean().default(false) });
const resumeSchema = z.strictObject({ addUsd: z.number().min(0).default(0), addHours: z.number().min(0).default(0) });
const nothingSchema = z.strictObject({});

const asked = <T>(answer: Promise<T>) => answer.then(() => ({}));

const ROUTES: readonly Route[] = [
  { method: 'GET', path: 'cloud', answer: (api) => api.cloud() },
  {
    method: 'GET',
    path: 'sessions',
    answer: (api, { query }) => api.sessions(sinceSchema.parse(query.get('since') ?? undefined)),
  },
  { method: 'GET', path: 'sessions/:id', answer: (api, _call, id) => api.session(id) },
  { method: 'GET', path: 'sessions/:id/states', answer: (api, _call, id) => api.states(id) },
  {
    method: 'GET',
    path: 'sessions/:id/metrics',
    answer: (api, { query }, id) => api.metrics(id, query.get('version') ?? ''),
  },
  {
    method: 'GET',
    path: 'sessions/:id/logs',
    answer: (api, { query }, id) => api.logs(id, logQuerySchema.parse(Object.fromEntries(query))),
  },
  { method: 'GET', path: 'sessions/:id/checkpoints', answer: (api, _call, id) => api.checkpoints(id) },
  { method: 'GET', path: 'sessions/:id/plan', answer: (api, _call, id) => api.plan(id) },
  { method: 'GET', path: 'fleet', answer: (api) => api.fleet() },
  { method: 'GET', path: 'costs', answer: (api) => api.costs() },
  { method: 'POST', path: 'check', answer: (api, { body }) => api.check(jobSchema.parse(body).job) },
  { method: 'POST', path: 'forecast', answer: (api, { body }) => api.forecast(jobSchema.parse(body).job) },
  {
    method: 'POST',
    path: 'submit',
    answer: (api, { body }) => {
      const { job, id } = submitSchema.parse(body);
      return api.submit(job, id);
    },
  },
  {
    method: 'POST',
    path: 'sessions/:id/stop',
    answer: (api, { body }, id) => asked(api.stop(id, stopSchema.parse(body))),
  },
  {
    method: 'POST',
    path: 'sessions/:id/resume',
    answer: (api, { body }, id) => api.resume(id, resumeSchema.parse(body)),
  },
  {
    method: 'POST',
    path: 'sessions/:id/interrupt',
    answer: (api, { body }, id) => {
      nothingSchema.parse(body);
      return asked(api.interrupt(id));
    },
  },
  { method: 'GET', path: 'sessions/:id/download', answer: (api, _call, id) => api.downloadProgress(id) },
  {
    method: 'POST',
    path: 'sessions/:id/download',
    answer: (api, { body }, id) => {
      nothingSchema.parse(body);
      return api.download(id);
    },
  },
];

export type Found = { answer: (api: PageApi, call: Call) => Promise<unknown> } | { status: 404 | 405; message: string };

export function findRoute({ method, path }: Pick<Call, 'method' | 'path'>): Found {
  const matching = ROUTES.flatMap((route) => {
    const sessionId = match(route.path, path);
    return sessionId === undefined ? [] : [{ route, sessionId }];
  });
  const found = matching.find(({ route }) => route.method === method);
  if (found) return { answer: (api, call) => found.route.answer(api, call, found.sessionId) };
  return matching.length > 0
    ? { status: 405, message: `${method} is not for ${path}.` }
    : { status: 404, message: `There is no ${path}.` };
}

/** The session's id; empty when the path has none; undefined when it is another path. */
function match(pattern: string, path: string): string | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return undefined;
  let sessionId = '';
  for (const [index, part] of wanted.entries()) {
    const own = given[index] ?? '';
    if (part !== ':id') {
      if (part !== own) return undefined;
    } else if (SESSION_ID_PATTERN.test(own)) sessionId = own;
    else return undefined;
  }
  return sessionId;
}
