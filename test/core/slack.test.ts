import { type SlackMessage, slackMessage } from '../../core/slack/slack-message';
import { alertOf, type TopicMessage } from '../../core/slack/topic-message';

const FINISHED: TopicMessage = {
  subject: 'runctl: digits failed: TrainingFailed (digits-1)',
  message: 'Training job digits failed.\n\n  Traceback\n    ZeroDivisionError\n\nResume with "resumeFrom".',
  attributes: { kind: 'session-finished', severity: 'error', sessionId: 'digits-1', alertId: 'digits-1-finished' },
};

const message = (changes: Partial<TopicMessage> = {}) => slackMessage(alertOf({ ...FINISHED, ...changes }));
const textsOf = ({ blocks }: SlackMessage) => JSON.stringify(blocks);

it('has the subject as header, the text with its tables as they are, and where it comes from', () => {
  const { text, blocks } = message();
  expect(text).toBe('🔴 runctl: digits failed: TrainingFailed (digits-1)');
  expect(blocks).toEqual([
    { type: 'header', text: { type: 'plain_text', text, emoji: true } },
    {
      type: 'rich_text',
      elements: [
        { type: 'rich_text_section', elements: [{ type: 'text', text: 'Training job digits failed.\n' }] },
        { type: 'rich_text_preformatted', elements: [{ type: 'text', text: 'Traceback\n  ZeroDivisionError' }] },
        { type: 'rich_text_section', elements: [{ type: 'text', text: 'Resume with "resumeFrom".\n' }] },
      ],
    },
    {
      type: 'context',
      elements: [
        { type: 'plain_text', text: 'session-finished · session digits-1 · alert digits-1-finished', emoji: true },
      ],
    },
  ]);
});

it.each([
  ['info', '🟢'],
  ['warning', '🟡'],
  ['error', '🔴'],
  ['loud', '🟡'],
])('shows the severity %s as %s', (severity, emoji) => {
  expect(message({ attributes: { severity } }).text).toMatch(new RegExp(`^${emoji} `, 'u'));
});

describe('an alarm of CloudWatch', () => {
  const alarm = {
    AlarmName: 'Runctl-reconcile-missed',
    AlarmDescription: 'runctl: reconcile has not run when it should have.',
    AWSAccountId: '000000000000',
    NewStateValue: 'ALARM',
    NewStateReason: 'Threshold Crossed: no datapoints were received for 3 periods.',
    StateChangeTime: '2026-11-26T06:00:00.000+0000',
    Region: 'US East (N. Virginia)',
    Trigger: { MetricName: 'Invocations' },
  };
  const shown = (changes: object) =>
    message({ subject: 'ALARM: "x"', message: JSON.stringify({ ...alarm, ...changes }), attributes: {} });

  it('is told by its name, what it means and why', () => {
    const alert = shown({});
    expect(alert.text).toBe('🔴 Alarm: Runctl-reconcile-missed');
    for (const text of ['has not run when it should have', 'no datapoints', 'CloudWatch alarm', 'N. Virginia']) {
      expect(textsOf(alert)).toContain(text);
    }
    expect(textsOf(alert)).not.toContain('AWSAccountId');
  });

  it('that is over is no alarm', () => {
    expect(shown({ NewStateValue: 'OK' }).text).toBe('🟢 Runctl-reconcile-missed is OK');
  });

  it('without a description still says why', () => {
    expect(textsOf(shown({ AlarmDescription: null }))).toContain('no datapoints');
  });
});

it('shows JSON that is no alarm, and a message without subject or attributes, as they are', () => {
  const shown = message({ subject: null, message: '{"hello": "world"}', attributes: {} });
  expect(shown.text).toBe('🟡 runctl');
  expect(textsOf(shown)).toContain('hello');
  expect(shown.blocks).toHaveLength(2);
});

it('has no markup of users in it', () => {
  const { text } = message({ subject: '<!channel> & <https://example.com|click>' });
  expect(text).toBe('🔴 &lt;!channel&gt; &amp; &lt;https://example.com|click&gt;');
});

it('stays within Slack’s limits, and says that it was cut', () => {
  const { blocks } = message({ subject: 's'.repeat(500), message: `${'long line\n'.repeat(2000)}` });
  const [header, body] = blocks;
  expect(header?.type === 'header' && header.text.text.length).toBe(150);
  expect(JSON.stringify(body).length).toBeLessThan(4000);
  expect(JSON.stringify(body)).toContain('cut off');
  expect(message({ message: ' ' }).blocks).toHaveLength(3);
});
