/** If-Match and its kin. https://www.rfc-editor.org/rfc/rfc9110#section-13 and S3's conditional writes. */
import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from '../../service';
import type { StoredObject } from './object-store';

type ReadOutcome = 'proceed' | 'not-modified';

/** @throws AwsError PreconditionFailed. */
export function checkRead(headers: IncomingHttpHeaders, object: StoredObject): ReadOutcome {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
  const since = {
    unmodified: seconds(headers['if-unmodified-since']),
    modified: seconds(headers['if-modified-since']),
  };
  const lastModified = Math.floor(object.lastModifiedMs / 1000);
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, object)) throw preconditionFailed('If-Match');
  } else if (since.unmodified !== undefined && lastModified > since.unmodified) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, object) ? 'not-modified' : 'proceed';
  return since.modified !== undefined && lastModified <= since.modified ? 'not-modified' : 'proceed';
}

/**
 * Conditional writes: `If-None-Match: *` creates only, `If-Match: <etag>` replaces only what the writer has seen.
 * @throws AwsError PreconditionFailed; NoSuchKey for If-Match on nothing.
 */
export function checkWrite(headers: IncomingHttpHeaders, existing: StoredObject | undefined, key: string): void {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
  if (ifNoneMatch !== undefined && existing && matches(ifNoneMatch, existing))
    throw preconditionFailed('If-None-Match');
  if (ifMatch === undefined) return;
  if (!existing) throw noSuchKey(key);
  if (!matches(ifMatch, existing)) throw preconditionFailed('If-Match');
}

/** The same conditions on the source of a copy, under their x-amz-copy-source- names. @throws AwsError PreconditionFailed. */
export function checkCopySource(headers: IncomingHttpHeaders, source: StoredObject): void {
  const own: IncomingHttpHeaders = {};
  for (const name of ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'] as const) {
    const value = headers[`x-amz-copy-source-${name}`]?.toString();
    if (value !== undefined) own[name] = value;
  }
  if (checkRead(own, source) === 'not-modified') throw preconditionFailed('x-amz-copy-source');
}

export function noSuchKey(key: string): AwsError {
  return new AwsError('NoSuchKey', 'The specified key does not exist.', { statusCode: 404, details: { Key: key } });
}

function preconditionFailed(condition: string): AwsError {
  return new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    statusCode: 412,
    details: { Condition: condition },
  });
}

function matches(header: string, object: StoredObject): boolean {
  return header
    .split(',')
    .some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '').replace(/"/g, '') === object.etag);
}

function seconds(date: string | undefined): number | undefined {
  const ms = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000);
}
