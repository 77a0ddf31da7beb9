import { compileEventPattern } from '../../../local/services/events/event-pattern';

const matches = (pattern: object, event: object) => compileEventPattern(JSON.stringify(pattern))(event);

describe('an event pattern', () => {
  const event = {
    source: 'aws.ec2',
    'detail-type': 'EC2 Instance State-change Notification',
    resources: ['arn:aws:ec2:us-east-1:1:instance/i-1', 'arn:other'],
    detail: { state: 'running', count: 300, ratio: -1.5, flag: true, nothing: null, tags: [], address: '10.1.2.3' },
  };

  it.each<[string, object, boolean]>([
    ['exact text', { source: ['aws.ec2'] }, true],
    ['one of several', { detail: { state: ['pending', 'running'] } }, true],
    ['none of several', { detail: { state: ['pending', 'stopped'] } }, false],
    ['all fields', { source: ['aws.ec2'], detail: { state: ['stopped'] } }, false],
    ['exact number', { detail: { count: [300] } }, true],
    ['a number is not its text', { detail: { count: ['300'] } }, false],
    ['a boolean', { detail: { flag: [true] } }, true],
    ['null', { detail: { nothing: [null] } }, true],
    ['null is not absence', { detail: { absent: [null] } }, false],
    ['an element of a list', { resources: ['arn:other'] }, true],
    ['prefix', { detail: { state: [{ prefix: 'run' }] } }, true],
    ['prefix, another', { detail: { state: [{ prefix: 'stop' }] } }, false],
    ['prefix of a list element', { resources: [{ prefix: 'arn:aws:ec2' }] }, true],
    ['prefix, any case', { detail: { state: [{ prefix: { 'equals-ignore-case': 'RUN' } }] } }, true],
    ['suffix', { detail: { state: [{ suffix: 'ning' }] } }, true],
    ['suffix, any case', { detail: { state: [{ suffix: { 'equals-ignore-case': 'NING' } }] } }, true],
    ['equals, any case', { source: [{ 'equals-ignore-case': 'AWS.EC2' }] }, true],
    ['anything but', { detail: { state: [{ 'anything-but': 'stopped' }] } }, true],
    ['anything but it', { detail: { state: [{ 'anything-but': 'running' }] } }, false],
    ['anything but several', { detail: { state: [{ 'anything-but': ['a', 'running'] }] } }, false],
    ['anything but a number', { detail: { count: [{ 'anything-but': [1, 300] }] } }, false],
    ['anything but a prefix', { detail: { state: [{ 'anything-but': { prefix: 'run' } }] } }, false],
    ['anything but one of the prefixes', { detail: { state: [{ 'anything-but': { prefix: ['a', 'b'] } }] } }, true],
    ['anything but a suffix', { detail: { state: [{ 'anything-but': { suffix: 'x' } }] } }, true],
    ['anything but a wildcard', { detail: { state: [{ 'anything-but': { wildcard: 'r*g' } }] } }, false],
    ['anything but needs the field', { detail: { absent: [{ 'anything-but': 'x' }] } }, false],
    ['numeric equality', { detail: { count: [{ numeric: ['=', 300] }] } }, true],
    ['numeric range', { detail: { count: [{ numeric: ['>', 299, '<=', 300] }] } }, true],
    ['outside of a range', { detail: { ratio: [{ numeric: ['>=', -1] }] } }, false],
    ['numeric wants numbers', { detail: { state: [{ numeric: ['>', 0] }] } }, false],
    ['exists', { detail: { state: [{ exists: true }] } }, true],
    ['exists, though null', { detail: { nothing: [{ exists: true }] } }, true],
    ['does not exist', { detail: { absent: [{ exists: false }] } }, true],
    ['does not exist, but does', { detail: { state: [{ exists: false }] } }, false],
    ['does not exist, nor its parent', { detail: { parent: { child: [{ exists: false }] } } }, true],
    ['an object is no leaf', { detail: [{ exists: true }] }, false],
    ['an address block', { detail: { address: [{ cidr: '10.0.0.0/8' }] } }, true],
    ['another address block', { detail: { address: [{ cidr: '192.168.0.0/16' }] } }, false],
    ['an empty list matches nothing', { detail: { tags: ['a'] } }, false],
    ['$or, one holds', { $or: [{ source: ['x'] }, { detail: { count: [300] } }] }, true],
    ['$or, none holds', { $or: [{ source: ['x'] }, { detail: { count: [1] } }] }, false],
    [
      '$or beside other fields',
      { source: ['x'], $or: [{ detail: { count: [300] } }, { detail: { flag: [true] } }] },
      false,
    ],
    ['$or inside', { detail: { $or: [{ state: ['x'] }, { count: [{ numeric: ['<', 1000] }] }] } }, true],
    ['an unknown field', { colour: ['red'] }, false],
    ['an inherited name', { toString: [{ exists: true }] }, false],
  ])('%s', (_name, pattern, expected) => {
    expect(matches(pattern, event)).toBe(expected);
  });

  it.each([
    ['runctl/sessions/*/final/*', 'runctl/sessions/s1/final/AROA:i-1.json', true],
    ['sessions/*/final/*', 'sessions/a/b/final/c', true],
    ['sessions/*/final/*', 'sessions/a/status/c', false],
    ['*.json', '.json', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['a.c', 'abc', false],
    ['a+(b)', 'a+(b)', true],
  ])('the wildcard %s against %s', (wildcard, key, expected) => {
    expect(matches({ detail: { key: [{ wildcard }] } }, { detail: { key } })).toBe(expected);
  });

  it('keeps the fields of one element of a list together', () => {
    const list = {
      detail: {
        items: [
          { name: 'a', size: 1 },
          { name: 'b', size: 2 },
        ],
      },
    };
    expect(matches({ detail: { items: { name: ['a'], size: [1] } } }, list)).toBe(true);
    expect(matches({ detail: { items: { name: ['a'], size: [2] } } }, list)).toBe(false);
  });

  it.each([
    ['not JSON', '{'],
    ['a value that is no list', '{"source":"aws.ec2"}'],
    ['an empty list', '{"source":[]}'],
    ['an empty object', '{"detail":{}}'],
    ['an unknown operator', '{"source":[{"starts":"a"}]}'],
    ['two operators in one', '{"source":[{"prefix":"a","suffix":"b"}]}'],
    ['a number for a prefix', '{"source":[{"prefix":1}]}'],
    ['a wrong comparison', '{"a":[{"numeric":["~",1]}]}'],
    ['a single $or', '{"$or":[{"source":["a"]}]}'],
  ])('is refused when it has %s', (_name, pattern) => {
    expect(() => compileEventPattern(pattern)).toThrow(/Event pattern is not valid/);
  });
});
