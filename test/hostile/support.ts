/** What somebody who means harm, or who pastes the wrong thing, puts into a text. */
import fc from 'fast-check';

export const NASTY_TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '../../etc/passwd',
  '/etc/passwd',
  '.',
  '..',
  '~root',
  '$(touch pwned)',
  '`touch pwned`',
  '; touch pwned',
  '"; touch pwned; "',
  "'; touch pwned; '",
  'a\nb\r\nc',
  '\u001b[2J\u001b[31mred\u001b]0;title\u0007\u001b]52;c;cHduZWQ=\u0007',
  '\u009b31mred',
  '\u202Egnp.exe',
  '\ud800',
  '\udc00\ud800',
  '😀👩‍👩‍👧',
  'ünïcödé',
  '<script>alert(1)</script>',
  '<!channel> <@U1> &lt;',
  '=HYPERLINK("http://x")',
  '${RUNCTL_BUCKET}',
  '{% $states.input %}',
  '{{ ssm:secret }}',
  '__proto__',
  'constructor',
  'toString',
  'LD_PRELOAD',
  's3://bucket/../x',
  's3://bucket/a\nb',
  `s3://bucket/${'x'.repeat(1200)}`,
  'i-00000000000000001',
  'digits-1',
  '-rf',
  '*'.repeat(200),
  '+(a|aa)+(a|aa)b',
  'x'.repeat(5_000),
];

export const nastyText = fc.oneof(
  fc.constantFrom(...NASTY_TEXTS),
  fc.string({ unit: 'binary' }),
  // Halves of surrogate pairs, which JSON may hold and UTF-8 may not.
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
);

export const nastyNumber = fc.oneof(
  fc.constantFrom(0, -0, -1, 1e308, -1e308, 5e-324, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, 1.5),
  fc.double(),
  fc.integer(),
);

export const nastyValue: fc.Arbitrary<unknown> = fc.oneof(
  nastyText,
  nastyNumber,
  fc.constantFrom<unknown>(null, true, [], {}, [[]], [null]),
  fc.jsonValue(),
  fc.dictionary(nastyText, nastyText, { maxKeys: 5 }),
);

/** As JSON.parse makes it: an own property. */
export const PROTO: unknown = JSON.parse('{"__proto__": "x"}');

/** An array in an array, `depth` times. */
export const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\p{Cs}/u;

/** Whether a terminal, a mail and a JSON document show it as it is. */
export const isSafeToShow = (text: string) => !UNSAFE.test(text);
