/** `arn:aws:sqs:<region>:<account>:<name>` and the path of the queue's URL name the same queue. */

export function queueUrlOfArn(arn: string): string {
  const [, , , , accountId, name] = arn.split(':');
  return `http://localhost/${accountId}/${name}`;
}

/** The queue's name, of its URL on whatever host. */
export function queueNameOfUrl(url: string | undefined): string {
  return url?.split('/').at(-1) ?? '';
}
