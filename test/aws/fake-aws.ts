/** A client's HTTP handler that answers from a script and keeps what was asked: the SDK's own wire format is tested. */
import { HttpResponse } from '@smithy/core/protocols';

export interface Asked {
  /** e.g. AmazonSSM.SendCommand. */
  target: string;
  // biome-ignore lint/suspicious/noExplicitAny: requests of every shape
  body: any;
}

type Answer = { status?: number; body: object };

/** `answer` is given target and body of each request of an AWS JSON protocol. */
export function fakeAws(answer: (asked: Asked) => Answer) {
  const asked: Asked[] = [];
  const requestHandler = {
    handle: async (request: { headers: Record<string, string>; body: Uint8Array }) => {
      const one = {
        target: request.headers['x-amz-target'] ?? '',
        body: JSON.parse(new TextDecoder().decode(request.body)),
      };
      asked.push(one);
      const { status = 200, body } = answer(one);
      const response = new HttpResponse({
        statusCode: status,
        headers: { 'content-type': 'application/x-amz-json-1.1' },
        body: Buffer.from(JSON.stringify(body)),
      });
      return { response };
    },
  };
  const config = {
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'secret', sessionToken: 'session' },
    maxAttempts: 1,
    requestHandler,
  };
  return { asked, config };
}

export const failure = (type: string, message: string, status = 400): Answer => ({
  status,
  body: { __type: type, message },
});
