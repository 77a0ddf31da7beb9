import { LogBook } from '../../../cli/ui/log-book';

const source = { sessionId: 'a', attempt: 1, instanceId: 'i-1', userId: 'AROA:i-1' };

/** CloudWatch Logs has `live`, S3 has `stored`; both grow. */
function logs() {
  const has = { live: [] as string[], stored: [] as string[] };
  const reader = {
    next: jest.fn(async (_source: unknown, token: string | undefined) => {
      const messages = has.live.slice(Number(token ?? 0));
      return { messages, token: String(has.live.length) };
    }),
    whole: jest.fn(async function* () {
      yield* has.stored;
    }),
  };
  return { has, reader, book: new LogBook(reader, source) };
}

it('reads what is new, and tells whoever asks what they have not seen', async () => {
  const { has, book } = logs();
  has.live = ['one', 'two'];
  await book.refresh(false);
  const first = book.page(0, 0);
  expect(first).toMatchObject({ from: 0, lines: ['one', 'two'], dropped: 0 });
  has.live.push('three');
  await book.refresh(false);
  expect(book.page(first.generation, 2).lines).toEqual(['three']);
});

it('what has ended is read whole, once, and is another log for those who have seen less', async () => {
  const { has, book, reader } = logs();
  has.live = ['one'];
  await book.refresh(false);
  const { generation } = book.page(0, 0);
  has.stored = ['one', '', 'two', 'three'];
  await book.refresh(true);
  await book.refresh(true);
  expect(reader.whole).toHaveBeenCalledTimes(1);
  const page = book.page(generation, 1);
  expect(page).toMatchObject({ from: 0, lines: ['one', 'two', 'three'] });
  expect(page.generation).not.toBe(generation);
});

it('of a host that vanished, the last seconds are in CloudWatch Logs alone: they stay', async () => {
  const { has, book } = logs();
  has.live = ['one', 'two', 'three'];
  has.stored = ['one'];
  await book.refresh(true);
  expect(book.page(0, 0).lines).toEqual(['one', 'two', 'three']);
});

it('keeps the newest lines of a log without end, and says how many it dropped', async () => {
  const { has, book } = logs();
  has.live = Array.from({ length: 50_010 }, (_, index) => `line ${index}`);
  await book.refresh(false);
  const page = book.page(1, 3);
  expect(page).toMatchObject({ from: 10, dropped: 10 });
  expect([page.lines.length, page.lines[0], page.lines.at(-1)]).toEqual([50_000, 'line 10', 'line 50009']);
});

it('its metrics come from the same reading, and from the node’s heartbeat', async () => {
  const { has, book } = logs();
  has.live = ['step=1 loss=3', 'step=2 loss=2'];
  await book.refresh(false);
  const before = book.version;
  book.hear({ step: 9, metrics: { loss: 0.5 } });
  book.hear({ step: 9, metrics: { loss: 0.4 } });
  expect(book.version).toBe(before + 1);
  expect(book.metrics.metrics(100)).toEqual({ loss: { steps: [1, 2, 9], values: [3, 2, 0.5] } });
});

it('is read by one at a time', async () => {
  const { book, reader } = logs();
  await Promise.all([book.refresh(false), book.refresh(false)]);
  expect(reader.next).toHaveBeenCalledTimes(1);
});
