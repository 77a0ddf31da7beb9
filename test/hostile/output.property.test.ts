/** Where texts from outside end up: terminals, JSON, mails, Slack, HTML, spreadsheets. */
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { SnsNotifier } from '../../aws/sns-notifier';
import { LiveArea } from '../../cli/terminal/live-area';
import { Printer } from '../../cli/terminal/printer';
import { cut, plainLine, plainText, terminalText } from '../../core/plain-text';
import { reportCsv } from '../../core/report/csv';
import { html } from '../../core/report/markup';
import { slackMessage } from '../../core/slack/slack-message';
import { alertOf } from '../../core/slack/topic-message';
import { isSafeToShow, NASTY_TEXTS, nastyText } from './support';

const ESCAPES = [
  '\u001b[2J',
  '\u001b]0;title\u0007',
  '\u001b]52;c;cHduZWQ=\u001b\\',
  '\u001b[31',
  '\u001bP1$r\u001b\\',
  '\u009b2J',
  '\u001b',
  '\r',
  '\b',
];
const hostile = fc
  .array(fc.oneof(nastyText, fc.constantFrom(...ESCAPES, '\u001b[1m', '\n')), { maxLength: 8 })
  .map((parts) => parts.join(''));

/** What is left when colours, the only thing that may be there, are gone. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what it is about
const withoutColours = (text: string) => text.replace(/\u001b\[[0-9;]*m/g, '');

function output(isTTY: boolean) {
  const written: string[] = [];
  const write = (text: string) => written.push(text) > 0;
  return { written, stream: { write, isTTY, columns: 80 } as never };
}

function printed(text: string, isTTY: boolean, print: (printer: Printer, text: string) => void): string {
  const { written, stream } = output(isTTY);
  print(new Printer({ stdout: stream, stderr: stream, env: {} }), text);
  return written.join('');
}

describe('a hostile text', () => {
  it('moves no cursor and sets no title, whichever command prints it', () => {
    fc.assert(
      fc.property(hostile, fc.boolean(), (text, isTTY) => {
        for (const print of [
          (printer: Printer) => printer.line(text),
          (printer: Printer) => printer.json({ [text]: text }),
          (printer: Printer) => printer.jsonLine([text]),
          (printer: Printer) => printer.note(text),
          (printer: Printer) => printer.warn(text),
          (printer: Printer) => printer.error(text, text),
        ]) {
          const shown = printed(text, isTTY, print);
          expect(isSafeToShow(isTTY ? withoutColours(shown) : shown)).toBe(true);
        }
      }),
    );
  });

  it('keeps its colours on a terminal, and JSON its every character', () => {
    expect(printed('\u001b[31mred\u001b[0m\u001b[2J', true, (printer, text) => printer.line(text))).toBe(
      '\u001b[31mred\u001b[0m\n',
    );
    expect(printed('\u001b[31mred', false, (printer, text) => printer.line(text))).toBe('red\n');
    const odd = '\u001b[2J\u009b\u202e\u2028"\\\n';
    expect(JSON.parse(printed(odd, true, (printer, text) => printer.json([text])))).toEqual([odd]);
  });

  it('stays on its line where lines are drawn again in place', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const { written, stream } = output(true);
        new LiveArea(stream).draw([text]);
        const drawn = written.join('').replace(/^\r/, '').replace('\u001b[K\n\u001b[J', '');
        expect(isSafeToShow(withoutColours(drawn))).toBe(true);
        expect(drawn).not.toContain('\n');
        expect(stripVTControlCharacters(drawn).length).toBeLessThan(80);
      }),
    );
  });

  it('is plain, and plain again is the same', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(isSafeToShow(plainText(text))).toBe(true);
        expect(plainText(plainText(text))).toBe(plainText(text));
        expect(plainLine(text)).not.toMatch(/[\n\r\u2028]/);
        expect(terminalText(terminalText(text))).toBe(terminalText(text));
        expect(isSafeToShow(cut(plainText(text), 5))).toBe(true);
      }),
    );
    expect(plainText('ünïcödé 😀👩‍👩‍👧\tعربى\n日本')).toBe('ünïcödé 😀👩‍👩‍👧\tعربى\n日本');
  });

  it('is made plain in a time that does not grow with its square', () => {
    const startedAt = performance.now();
    for (const part of [...ESCAPES, '\u001b[', '\u001b]', '\u001b]x', '\u001b[0;', '\u009d'])
      plainText(part.repeat(20_000));
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('is sent in a mail as plain text, its subject as SNS wants it', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        const sent: Record<string, unknown>[] = [];
        const client = { send: async (command: { input: Record<string, unknown> }) => void sent.push(command.input) };
        const notifier = new SnsNotifier(client as never, 'arn:aws:sns:us-east-1:000000000000:alerts');
        await notifier.publish({
          ...{ alertId: 'a', kind: 'session-finished', severity: 'info', sessionId: 's' },
          ...{ subject: `runctl: ${text}`, body: `body ${text}` },
        });
        expect(sent[0]?.['Subject']).toMatch(/^[\x20-\x7e]{1,99}$/);
        expect(isSafeToShow(String(sent[0]?.['Message']))).toBe(true);
      }),
    );
  });

  it('is no markup in Slack, and never too long for it', () => {
    for (const text of [...NASTY_TEXTS, '<!channel>'.repeat(1_000), `${'é'.repeat(200)}😀`.repeat(20)]) {
      const message = slackMessage(
        alertOf({ subject: text, message: `${text}\n  ${text}`, attributes: { kind: text, sessionId: text } }),
      );
      expect(message.text).not.toMatch(/<[!@#]/);
      expect(JSON.stringify(message)).not.toContain('mrkdwn');
      expect(JSON.stringify(message).length).toBeLessThan(30_000);
    }
  });

  it('is no tag, attribute or entity in HTML', () => {
    fc.assert(
      fc.property(nastyText, (text) => {
        const { markup } = html`<p title="${text}">${text}</p>`;
        expect(markup.match(/[<>]/g)).toEqual(['<', '>', '<', '>']);
        expect(markup.match(/"/g)).toHaveLength(2);
      }),
    );
  });

  it('is no formula and no second cell in a spreadsheet', () => {
    for (const text of [...NASTY_TEXTS, '=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '"', 'a,b', 'a\r\nb']) {
      const entry = { ...{ month: '2026-11', sessionId: 's', job: text, project: text, owner: text }, createdAt: 'c' };
      const sums = { usd: 1, onDemandUsd: 1, wastedUsd: 0, usdPerHour: 0, attempts: 1, interruptions: 0 };
      const csv = reportCsv([{ ...entry, ...sums, result: null, isComplete: true, computedAt: 'c' } as never]);
      const cells = csv.slice(csv.indexOf('\r\n') + 2).match(/("(?:[^"]|"")*"|[^,\r\n]*)(,|\r\n)/g) ?? [];
      expect(cells).toHaveLength(15);
      expect(cells[2]).not.toMatch(/^"?[=+\-@\t\r]/);
    }
  });
});
