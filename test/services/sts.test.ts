import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { AwsCredentialIdentity } from '@smithy/types';
import { createIdentities } from '../../local/identities';
import type { IssuedCredentials } from '../../local/service';
import { createSts } from '../../local/services/sts';
import { ACCOUNT_ID, clientOptions, countingIds, startTestGateway } from '../gateway/start-test-gateway';
import { ManualClock } from '../support/manual-clock';

async function start() {
  const clock = new ManualClock();
  const identities = createIdentities({ newId: countingIds(), clock, accountId: ACCOUNT_ID });
  const gateway = await startTestGateway({ services: [createSts({ identities })], identities, clock });
  const whoami = (credentials: AwsCredentialIdentity) =>
    new STSClient({ ...clientOptions(gateway), credentials }).send(new GetCallerIdentityCommand({}));
  return { clock, identities, gateway, whoami };
}

/** Without the expiration, which the SDK would act on itself. */
const keysOf = ({ expiration: _, ...keys }: IssuedCredentials) => keys;

describe('who calls', () => {
  it("is the account's own user for any key of the user's", async () => {
    const { gateway, whoami } = await start();
    const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' };
    await expect(whoami(credentials)).resolves.toMatchObject({
      Account: '000000000000',
      Arn: 'arn:aws:iam::000000000000:user/local',
    });
    await gateway.close();
  });

  it('is a role and its instance for credentials that a node was given', async () => {
    const { gateway, identities, whoami } = await start();
    const credentials = identities.issueForRole('NodeRole', 'i-0123');
    const caller = await whoami(keysOf(credentials));
    expect(caller.Arn).toBe('arn:aws:sts::000000000000:assumed-role/NodeRole/i-0123');
    expect(caller.UserId).toMatch(/^AROA[A-Z2-7]{17}:i-0123$/);
    expect(caller.UserId).toBe(`${identities.roleId('NodeRole')}:i-0123`);
    await gateway.close();
  });

  it('is refused once the session was revoked, and once the credentials have expired', async () => {
    const { clock, gateway, identities, whoami } = await start();
    const revoked = identities.issueForRole('NodeRole', 'i-1');
    const kept = identities.issueForRole('NodeRole', 'i-2');
    identities.revoke('i-1');
    await expect(whoami(keysOf(revoked))).rejects.toMatchObject({ name: 'ExpiredToken' });
    await expect(whoami(keysOf(kept))).resolves.toBeDefined();
    await clock.advance(7 * 3600 * 1000);
    await expect(whoami(keysOf(kept))).rejects.toMatchObject({ name: 'ExpiredToken' });
    await gateway.close();
  });

  it('can become a role', async () => {
    const { gateway, whoami } = await start();
    const sts = new STSClient(clientOptions(gateway));
    const RoleArn = 'arn:aws:iam::000000000000:role/service-role/Reader';
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'ana' }));
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    };
    await expect(whoami(credentials)).resolves.toMatchObject({
      Arn: 'arn:aws:sts::000000000000:assumed-role/Reader/ana',
    });
    await gateway.close();
  });
});
