import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { AwsError } from '../../service';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const builder = new XMLBuilder({ ignoreAttributes: false, suppressEmptyNode: false });
/** A thousand keys with quotes in them are thousands of entities; external ones are not resolved by this parser. */
const entities = { enabled: true, maxTotalExpansions: 1_000_000, maxExpandedLength: 10_000_000 };

export function buildXml(root: string, content: object): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ [root]: { '@_xmlns': NAMESPACE, ...content } })}`;
}

/** The content of the root element; the named elements are lists however often they occur. @throws AwsError MalformedXML. */
export function parseXml(text: string, lists: readonly string[] = []): Record<string, unknown> {
  const parser = new XMLParser({
    parseTagValue: false,
    trimValues: false,
    htmlEntities: true,
    processEntities: entities,
    ignoreDeclaration: true,
    isArray: (name) => lists.includes(name),
  });
  try {
    const [root] = Object.values(parser.parse(text, true));
    return typeof root === 'object' && root !== null ? (root as Record<string, unknown>) : {};
  } catch {
    throw new AwsError('MalformedXML', 'The XML you provided was not well-formed.');
  }
}
