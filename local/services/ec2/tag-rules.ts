/** Which tags EC2 takes. */
import { AwsError } from '../../service';

/** @throws AwsError InvalidParameterValue for a key that EC2 refuses */
export function checkTagKey(key: string | undefined): string {
  if (!key) throw new AwsError('InvalidParameterValue', 'Tag keys must not be empty');
  if (key.length > 127)
    throw new AwsError('InvalidParameterValue', `Tag key exceeds the maximum length of 127 characters`);
  if (key.toLowerCase().startsWith('aws:')) {
    throw new AwsError('InvalidParameterValue', "Tag keys starting with 'aws:' are reserved for internal use");
  }
  return key;
}

/** @throws AwsError InvalidParameterValue for a key that instance metadata could not serve */
export function checkMetadataTagKey(key: string): void {
  if (/^[0-9a-zA-Z\-_+=,.@:]{1,255}$/.test(key) && !['.', '..', '_index'].includes(key)) return;
  throw new AwsError(
    'InvalidParameterValue',
    `'${key}' is not a valid tag key. Tag keys must match pattern ([0-9a-zA-Z\\-_+=,.@:]{1,255}), and must not be a reserved name ('.', '..', '_index')`,
  );
}
