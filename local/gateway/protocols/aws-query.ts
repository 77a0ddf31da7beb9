/** The form-encoded protocols with XML answers: awsQuery and EC2's own variant of it. */
import { XmlShapeSerializer } from '@aws-sdk/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import { XMLBuilder } from 'fast-xml-parser';
import type { AwsError } from '../../service';
import { type Protocol, queryErrorCode, type ReplyContext, type WireResponse } from './protocol';
import { parseQuery, queryFormat } from './query-format';
import { decodeShape } from './shape-decoder';

/** ISO 8601, where a member does not say otherwise: smithy's number for that format. */
const DATE_TIME = 5;
const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const builder = new XMLBuilder({ ignoreAttributes: false });

export function awsQuery(isEc2: boolean): Protocol {
  const format = queryFormat(isEc2);
  return {
    operationName(request, model) {
      const name =
        new URLSearchParams(request.body.toString('utf8')).get('Action') ?? request.query.get('Action') ?? '';
      return { name, known: model.operations.has(name) };
    },
    decode(request, schema) {
      const isForm = request.body.length > 0;
      const tree = parseQuery(isForm ? new URLSearchParams(request.body.toString('utf8')) : request.query);
      const parameters = Object.entries(tree).filter(([name]) => !isEnvelope(name));
      return decodeShape(schema, Object.fromEntries(parameters), format) as object;
    },
    encode(output, schema, operation, reply) {
      const members = encodeXmlMembers(schema, output);
      const { requestId } = reply;
      const body = isEc2
        ? `<requestId>${requestId}</requestId>${members}`
        : `<${operation}Result>${members}</${operation}Result><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
      const { xmlNamespace } = reply.model;
      return xmlResponse(200, `<${operation}Response xmlns="${xmlNamespace}">${body}</${operation}Response>`, reply);
    },
    encodeError: (error, reply) => encodeQueryError(error, reply, isEc2),
  };
}

function encodeQueryError(error: AwsError, reply: ReplyContext, isEc2: boolean): WireResponse {
  const { code, statusCode } = queryErrorCode(error, reply.model);
  const { requestId } = reply;
  const tree = isEc2
    ? { Response: { Errors: { Error: { Code: code, Message: error.message } }, RequestID: requestId } }
    : {
        ErrorResponse: {
          '@_xmlns': reply.model.xmlNamespace,
          Error: {
            Type: statusCode >= 500 ? 'Receiver' : 'Sender',
            Code: code,
            Message: error.message,
            ...error.details,
          },
          RequestId: requestId,
        },
      };
  return xmlResponse(statusCode, builder.build(tree), reply);
}

/** What stands inside the operation's own element: the SDK's serializer names the root after the shape. */
function encodeXmlMembers(schema: NormalizedSchema, output: unknown): string {
  if (schema.isUnitSchema()) return '';
  const serializer = new XmlShapeSerializer({
    timestampFormat: { useTrait: true, default: DATE_TIME },
    httpBindings: false,
    xmlNamespace: '',
    serviceNamespace: '',
  });
  serializer.write(schema, output);
  const xml = String(serializer.flush());
  return xml.endsWith('/>') ? '' : xml.slice(xml.indexOf('>') + 1, xml.lastIndexOf('</'));
}

function xmlResponse(statusCode: number, xml: string, reply: ReplyContext): WireResponse {
  return {
    statusCode,
    headers: { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': reply.requestId },
    body: XML_DECLARATION + xml,
  };
}

/** Action, Version, and the signature of a presigned call are not the operation's parameters. */
function isEnvelope(name: string): boolean {
  return name === 'Action' || name === 'Version' || /^X-Amz-/i.test(name);
}
