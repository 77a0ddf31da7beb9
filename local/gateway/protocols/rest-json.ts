/** REST JSON, as Lambda speaks it: parts of the input come from the path, the query, headers and the body. */
import { NormalizedSchema, translateTraits } from '@smithy/core/schema';
import type { StaticOperationSchema } from '@smithy/types';
import type { ServiceModel } from '../models';
import { encodeJson, errorHeaders, parseJson } from './aws-json';
import { jsonFormat } from './json-format';
import type { Protocol, WireRequest } from './protocol';
import { queryFormat } from './query-format';
import { decodeShape } from './shape-decoder';

const BODY_FORMAT = jsonFormat(true);
/** Path, query and header values are text, with the same rules as in form-encoded calls. */
const TEXT_FORMAT = queryFormat(false);

export const restJson: Protocol = {
  operationName(request, model) {
    const operation = [...model.operations.values()].find((candidate) => matchRoute(candidate, request));
    return { name: operation?.[2] ?? `${request.method} ${request.path}`, known: operation !== undefined };
  },
  decode(request, schema, operation, model) {
    const labels = pathLabels(request, operation, model);
    const input: Record<string, unknown> = {};
    const bodySchemas = new Map<string, NormalizedSchema>();
    for (const [name, member] of schema.isUnitSchema() ? [] : schema.structIterator()) {
      const traits = member.getMergedTraits();
      let text: string | null | undefined;
      if (traits.httpLabel) text = labels[name];
      else if (traits.httpQuery) text = request.query.get(traits.httpQuery);
      else if (traits.httpHeader) text = request.headers[traits.httpHeader.toLowerCase()]?.toString();
      else if (traits.httpPayload) input[name] = request.body.length > 0 ? new Uint8Array(request.body) : undefined;
      else bodySchemas.set(name, member);
      if (text !== null && text !== undefined) input[name] = decodeShape(member, text, TEXT_FORMAT, name);
    }
    if (bodySchemas.size > 0) Object.assign(input, decodeBody(request, schema, bodySchemas));
    return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  },
  encode(output, schema, operation, reply) {
    const members = schema.isUnitSchema() ? [] : [...schema.structIterator()];
    const values = new Map(Object.entries(output).filter(([, value]) => value !== undefined && value !== null));
    const isIn = (trait: 'httpHeader' | 'httpResponseCode' | 'httpPayload') =>
      members.filter(([, member]) => member.getMergedTraits()[trait]).map(([name]) => name);
    const [headerNames, [statusName = ''], [payloadName]] = [
      isIn('httpHeader'),
      isIn('httpResponseCode'),
      isIn('httpPayload'),
    ];
    const headers: Record<string, string> = { 'content-type': 'application/json', 'x-amzn-requestid': reply.requestId };
    for (const name of headerNames) {
      const header = schema.getMemberSchema(name).getMergedTraits().httpHeader;
      if (header && values.has(name)) headers[header.toLowerCase()] = String(values.get(name));
    }
    const statusCode = Number(values.get(statusName) ?? httpTrait(reply.model.operations.get(operation))?.[2] ?? 200);
    if (payloadName) return { statusCode, headers, body: (values.get(payloadName) ?? '') as Uint8Array | string };
    for (const name of [...headerNames, statusName]) values.delete(name);
    return { statusCode, headers, body: encodeJson(schema, Object.fromEntries(values), true) };
  },
  encodeError: (error, reply) => ({
    statusCode: error.statusCode,
    headers: { 'content-type': 'application/json', ...errorHeaders(error, reply) },
    body: JSON.stringify({ message: error.message, ...error.details }),
  }),
};

/** Only the members that no path, query or header carries: anything else in the body is unknown. */
function decodeBody(request: WireRequest, schema: NormalizedSchema, members: Map<string, NormalizedSchema>): object {
  const name = schema.getName() ?? 'request';
  const bodySchema = NormalizedSchema.of([3, 'local', name, 0, [...members.keys()], [...members.values()]]);
  return decodeShape(bodySchema, parseJson(request.body), BODY_FORMAT) as object;
}

function httpTrait(operation: StaticOperationSchema | undefined): readonly [string, string, number] | undefined {
  return operation && translateTraits(operation[3]).http;
}

function matchRoute(operation: StaticOperationSchema, request: WireRequest): Record<string, string> | undefined {
  const [method, template] = httpTrait(operation) ?? [];
  if (method !== request.method || template === undefined) return undefined;
  const [pathTemplate = '', queryTemplate] = template.split('?');
  if (queryTemplate && !request.query.has(queryTemplate.split('=')[0] ?? '')) return undefined;
  const pattern = pathTemplate
    .replace(/\/$/, '')
    .replace(/\{(\w+)(\+?)\}/g, (_, label, greedy) => (greedy ? `(?<${label}>.+)` : `(?<${label}>[^/]+)`));
  const match = new RegExp(`^${pattern}/?$`).exec(request.path);
  return match ? { ...match.groups } : undefined;
}

function pathLabels(request: WireRequest, operation: string, model: ServiceModel): Record<string, string> {
  const schema = model.operations.get(operation);
  const labels = schema ? matchRoute(schema, request) : undefined;
  return Object.fromEntries(Object.entries(labels ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]));
}
