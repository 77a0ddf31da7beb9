/** Which service a request is meant for, and who signed it. AWS has a host per service; here all share one endpoint. */
import type { IncomingHttpHeaders } from 'node:http';
import { serviceOfTarget } from './models';

export interface Route {
  serviceId: string;
  /** Absent on an unsigned request. */
  accessKeyId?: string;
}

/** `Credential=<key>/<date>/<region>/<service>/aws4_request`. */
const CREDENTIAL = /Credential=([^/,\s]+)\/\d{8}\/([^/,\s]*)\/([^/,\s]+)\/aws4_request/;

/** An unsigned request without any other sign of a service is S3's: a browser or curl that reads an object. */
export function routeRequest(headers: IncomingHttpHeaders, query: URLSearchParams): Route {
  const signed = CREDENTIAL.exec(headers.authorization ?? `Credential=${query.get('X-Amz-Credential') ?? ''}`);
  // Version 2 signatures, which boto3 makes for presigned URLs, name the key alone.
  const version2 = /^AWS ([^:]+):/.exec(headers.authorization ?? '')?.[1] ?? query.get('AWSAccessKeyId') ?? undefined;
  const accessKeyId = signed?.[1] ?? version2;
  const serviceId = targetService(headers) ?? signed?.[3] ?? 's3';
  return accessKeyId === undefined ? { serviceId } : { serviceId, accessKeyId };
}

function targetService(headers: IncomingHttpHeaders): string | undefined {
  const target = headers['x-amz-target']?.toString();
  return target && serviceOfTarget(target.split('.')[0] ?? '');
}

/** `bucket` of `bucket.localhost` or `bucket.s3.localhost`, as virtual-host addressing has it. */
export function virtualHostBucket(host: string | undefined): string | undefined {
  return /^(?!s3\.localhost)(.+?)(?:\.s3)?\.localhost(?::\d+)?$/i.exec(host ?? '')?.[1];
}
