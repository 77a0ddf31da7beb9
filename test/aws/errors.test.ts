import { isRetryable, translate } from '../../aws/errors';
import { RunctlError } from '../../core/errors';

const awsError = (name: string, httpStatusCode = 400) =>
  Object.assign(new Error(name), { name, $metadata: { httpStatusCode }, $fault: 'client' });

describe('an error of AWS', () => {
  it.each([
    [awsError('ThrottlingException'), true],
    [awsError('RequestLimitExceeded', 503), true],
    [awsError('InternalError', 500), true],
    [awsError('Whatever', 502), true],
    [awsError('ProvisionedThroughputExceededException'), true],
    [Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }), true],
    [awsError('TimeoutError', 0), true],
    [awsError('AccessDenied', 403), false],
    [awsError('ValidationException'), false],
    [new TypeError('a fault of our own'), false],
    ['no error at all', false],
  ])('%s: may it pass? %s', (error, expected) => expect(isRetryable(error)).toBe(expected));

  it('that passes is AwsUnavailable to the state machine, by name, without its words', () => {
    const translated = translate(Object.assign(awsError('SlowDown', 503), { message: 'https://x?X-Amz-Signature=1' }));
    expect(translated).toMatchObject({ name: 'AwsUnavailable', message: 'AWS could not answer now (SlowDown).' });
  });

  it("of the domain's own stays what it is", () => {
    const error = new RunctlError('QuotaExceeded', 'No quota.');
    expect(translate(error)).toBe(error);
  });
});
