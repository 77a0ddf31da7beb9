import type { JsonObject } from '../json';

/** What optimized integrations add to a result: the HTTP answer as the SDK for Java saw it. */
export function httpMetadata(requestId: string, headers: Record<string, string>, statusCode = 200): JsonObject {
  const all = { ...headers, 'x-amzn-RequestId': requestId };
  return {
    SdkHttpMetadata: {
      AllHttpHeaders: Object.fromEntries(Object.entries(all).map(([name, value]) => [name, [value]])),
      HttpHeaders: all,
      HttpStatusCode: statusCode,
    },
    SdkResponseMetadata: { RequestId: requestId },
  };
}
