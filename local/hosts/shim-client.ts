/**
 * Runs inside a host, behind `systemctl`, `shutdown` and `poweroff`: hands the command line to the machine's process in
 * the local cloud and prints its answer. Bundled to plain JavaScript when the hosts are created; needs nothing but Node.
 */
import { request } from 'node:http';

const [control = '', ...words] = process.argv.slice(2);

const call = request(control, { method: 'POST' }, (response) => {
  let body = '';
  response.setEncoding('utf8');
  response.on('data', (text: string) => {
    body += text;
  });
  response.on('end', () => {
    const answer = JSON.parse(body) as { code: number; stdout?: string; stderr?: string };
    process.stdout.write(answer.stdout ?? '');
    process.stderr.write(answer.stderr ?? '');
    process.exitCode = answer.code;
  });
});
call.on('error', (error) => {
  process.stderr.write(`${words[0]}: the machine does not answer: ${error.message}\n`);
  process.exitCode = 1;
});
call.end(JSON.stringify(words));
