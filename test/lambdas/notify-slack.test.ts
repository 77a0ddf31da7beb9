import { notifySlack } from '../../lambdas/notify-slack/notify-slack';

const ADDRESS = 'https://hooks.slack.com/services/T000/B000/s3cr3t';

type Answer = number | Error | { status: number; headers: Record<string, string> };

const event = (message = 'Training job digits succeeded.') => ({
  Records: [
    {
      EventSource: 'aws:sns',
      Sns: {
        Type: 'Notification',
        Subject: 'runctl: digits succeeded (digits-1)',
        Message: message,
        MessageAttributes: {
          kind: { Type: 'String', Value: 'session-finished' },
          severity: { Type: 'String', Value: 'info' },
        },
      },
    },
  ],
});

/** A webhook that gives these answers one after another, then 200. */
function webhook(...answers: Answer[]) {
  const bodies: string[] = [];
  const pauses: number[] = [];
  const requests: RequestInit[] = [];
  const deps = {
    secrets: { value: async () => ADDRESS },
    parameter: '/alerts/slack',
    pause: async (durationMs: number) => void pauses.push(durationMs),
    fetch: (async (_url: unknown, init: RequestInit) => {
      bodies.push(String(init.body));
      requests.push(init);
      const answer = answers.shift() ?? 200;
      if (answer instanceof Error) throw answer;
      const { status, headers } = typeof answer === 'number' ? { status: answer, headers: {} } : answer;
      return new Response('body', { status, headers });
    }) as typeof fetch,
  };
  return { deps, bodies, pauses, requests };
}

const failureOf = async (run: Promise<unknown>): Promise<Error> => {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error)) throw new Error('It did not fail.');
  return error;
};

it('posts the alert as Block Kit, without following redirects', async () => {
  const { deps, bodies, requests } = webhook();
  expect(await notifySlack(event(), deps)).toEqual({ posted: 1 });
  expect(JSON.parse(bodies[0] ?? '')).toMatchObject({ text: '🟢 runctl: digits succeeded (digits-1)' });
  expect(requests[0]).toMatchObject({ method: 'POST', redirect: 'error' });
});

it.each<[string, Answer]>([
  ['429', 429],
  ['500', 500],
  ['503', 503],
  ['no answer in time', Object.assign(new Error('The operation was aborted'), { name: 'TimeoutError' })],
])('tries again after %s, with longer and longer pauses', async (_, answer) => {
  const { deps, bodies, pauses } = webhook(answer, answer, answer);
  await notifySlack(event(), deps);
  expect(bodies).toHaveLength(4);
  expect(pauses).toEqual([1000, 2000, 4000]);
});

it('pauses as long as the answer asks for, within reason', async () => {
  const { deps, pauses } = webhook(
    { status: 429, headers: { 'retry-after': '3' } },
    { status: 429, headers: { 'retry-after': '3600' } },
  );
  await notifySlack(event(), deps);
  expect(pauses).toEqual([3000, 8000]);
});

it('gives up after four tries: the error goes to Lambda', async () => {
  const { deps, bodies } = webhook(500, 500, 500, 500, 200);
  const error = await failureOf(notifySlack(event(), deps));
  expect(error).toMatchObject({ name: 'WebhookFailed', message: 'The webhook took no message: it answered 500.' });
  expect(bodies).toHaveLength(4);
});

it.each([400, 403, 404, 410])('does not repeat what was refused for good: %s', async (status) => {
  const { deps, bodies } = webhook(status);
  expect((await failureOf(notifySlack(event(), deps))).name).toBe('WebhookFailed');
  expect(bodies).toHaveLength(1);
});

it('has the address in no error, whatever goes wrong', async () => {
  const leak = Object.assign(new TypeError(`Failed to parse URL from ${ADDRESS}`), {
    cause: Object.assign(new Error(`connect ${ADDRESS}`), { code: 'ECONNREFUSED' }),
  });
  const errors = [
    await failureOf(notifySlack(event(), webhook(leak, leak, leak, leak).deps)),
    await failureOf(notifySlack(event(), webhook(404).deps)),
    await failureOf(notifySlack(event(), { ...webhook().deps, secrets: { value: async () => `not ${ADDRESS}` } })),
    await failureOf(
      notifySlack(event(), { ...webhook().deps, secrets: { value: async () => 'http://evil.example/s3cr3t' } }),
    ),
  ];
  for (const error of errors)
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain('s3cr3t');
  expect(errors[0]?.message).toContain('ECONNREFUSED');
});
