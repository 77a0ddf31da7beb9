import { shownPath } from '../../cli/terminal/shown-path';

it.each([
  ['/home/me/jobs', '/home/me/jobs/digits/job.json', 'digits/job.json'],
  ['/home/me/jobs', '/home/me/jobs/..odd', '..odd'],
  ['/home/me/jobs', '/home/me/jobs', '.'],
  ['/home/me/jobs', '/home/me', '/home/me'],
  ['/home/me/jobs', '/tmp/data/local.json', '/tmp/data/local.json'],
])('in %s, %s is shown as %s', (cwd, path, shown) => {
  expect(shownPath(cwd, path)).toBe(shown);
});
