import { Downloads } from '../../../cli/ui/downloads';

const brought = { folder: '/f', what: 'results', files: [], totalBytes: 9, problems: [] };

it('a download says how far it is, until it is over', async () => {
  const downloads = new Downloads();
  expect(downloads.progressOf('a')).toBeNull();
  let finish = () => {};
  const answer = downloads.begin('a', async ({ onTotal, onBytes }) => {
    onTotal(9);
    onBytes(2);
    onBytes(3);
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    return brought;
  });
  expect(downloads.progressOf('a')).toEqual({ doneBytes: 5, totalBytes: 9 });
  expect(downloads.progressOf('b')).toBeNull();
  finish();
  expect(await answer).toBe(brought);
  expect(downloads.progressOf('a')).toBeNull();
});

it('whoever asks again while it goes on gets the same; after a failure it begins anew', async () => {
  const downloads = new Downloads();
  const bring = jest.fn().mockRejectedValueOnce(new Error('no network')).mockResolvedValue(brought);
  const both = [downloads.begin('a', bring), downloads.begin('a', bring)];
  for (const each of both) await expect(each).rejects.toThrow('no network');
  expect(bring).toHaveBeenCalledTimes(1);
  expect(await downloads.begin('a', bring)).toBe(brought);
});
