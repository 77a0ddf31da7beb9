/**
 * An alert as a message of Slack's Block Kit. Texts go into rich text and plain text, where nothing is markup: names of
 * jobs and last lines of logs are shown as they are.
 * https://docs.slack.dev/reference/block-kit/blocks
 */
import { cut } from '../plain-text';
import type { Alert } from './topic-message';

/** Of a header's text, in characters. */
const TITLE_LENGTH = 150;
const MARKS_LENGTH = 1000;
/** Slack folds what is longer; the mail has the whole text. */
const BODY_LENGTH = 2800;
const CUT_OFF = '\n… (cut off: the mail has the rest)';

const EMOJI = { info: '🟢', warning: '🟡', error: '🔴' } as const satisfies Record<Alert['severity'], string>;

type Text = { type: 'plain_text'; text: string; emoji: true };
interface RichTextPart {
  type: 'rich_text_section' | 'rich_text_preformatted';
  elements: { type: 'text'; text: string }[];
}
type Block =
  | { type: 'header'; text: Text }
  | { type: 'rich_text'; elements: RichTextPart[] }
  | { type: 'context'; elements: Text[] };

export interface SlackMessage {
  /** Where blocks are not shown: notifications, screen readers. */
  text: string;
  blocks: Block[];
}

export function slackMessage({ severity, title, body, marks }: Alert): SlackMessage {
  const heading = cut(`${EMOJI[severity]} ${title}`, TITLE_LENGTH);
  return {
    text: escaped(heading),
    blocks: [
      { type: 'header', text: plain(heading) },
      { type: 'rich_text', elements: parts(shortened(body)) },
      ...(marks.length === 0
        ? []
        : [{ type: 'context' as const, elements: [plain(cut(marks.join(' · '), MARKS_LENGTH))] }]),
    ],
  };
}

const plain = (text: string): Text => ({ type: 'plain_text', text, emoji: true });

/** https://docs.slack.dev/messaging/formatting-message-text#escaping */
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function shortened(body: string): string {
  const text = body.trim() === '' ? 'No text.' : body;
  return text.length <= BODY_LENGTH ? text : `${cut(text, BODY_LENGTH)}${CUT_OFF}`;
}

/** Indented lines are tables, logs and commands: they keep their columns. */
function parts(body: string): RichTextPart[] {
  const groups: { isIndented: boolean; lines: string[] }[] = [];
  for (const line of body.split('\n')) {
    const isIndented = line.startsWith('  ');
    const last = groups.at(-1);
    if (last?.isIndented === isIndented) last.lines.push(line);
    else groups.push({ isIndented, lines: [line] });
  }
  return groups.flatMap(({ isIndented, lines }) => {
    const text = lines.join('\n').replace(/^\n+|\s+$/g, '');
    if (text === '') return [];
    const type = isIndented ? ('rich_text_preformatted' as const) : ('rich_text_section' as const);
    const shown = isIndented ? text.replace(/^ {2}/gm, '') : `${text}\n`;
    return [{ type, elements: [{ type: 'text' as const, text: shown }] }];
  });
}
