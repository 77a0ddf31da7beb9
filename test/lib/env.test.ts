import { ENV_SPECS, type EnvSpec, readEnv } from '../../core/env';
import { RunctlError } from '../../core/errors';

const SPEC = ENV_SPECS['launch-nodes'];
const GOOD = {
  TABLE_NAME: 'table',
  BUCKET_NAME: 'bucket',
  LAUNCH_TEMPLATE_ID: 'lt-1',
  SUBNET_IDS: 'subnet-1, subnet-2',
  NODE_ROLE_ID: 'AROA',
  ASSIGN_PUBLIC_IP: 'true',
  DEFAULT_TAGS: '{"Team":"nlp"}',
};

function problemOf(spec: EnvSpec, source: Record<string, string>): RunctlError {
  try {
    readEnv(spec, source);
  } catch (error) {
    if (error instanceof RunctlError) return error;
  }
  throw new Error('It was accepted.');
}

it('reads texts, lists and tags', () => {
  expect(readEnv(SPEC, GOOD)).toEqual({
    ...GOOD,
    ASSIGN_PUBLIC_IP: true,
    SUBNET_IDS: ['subnet-1', 'subnet-2'],
    DEFAULT_TAGS: { Team: 'nlp' },
  });
});

it('names everything that is missing or wrong, at once', () => {
  const { name, message } = problemOf(SPEC, { ...GOOD, TABLE_NAME: '  ', SUBNET_IDS: 'subnet-1,', DEFAULT_TAGS: '[]' });
  expect(name).toBe('ConfigInvalid');
  expect(message).toContain('TABLE_NAME is missing');
  expect(message).toContain('SUBNET_IDS is not a comma-separated list');
  expect(message).toContain('DEFAULT_TAGS is not a JSON object of texts');
});

it('never says what a variable holds', () => {
  expect(problemOf(SPEC, { ...GOOD, DEFAULT_TAGS: 'secret' }).message).not.toContain('secret');
});
