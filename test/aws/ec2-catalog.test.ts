import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { Ec2Catalog } from '../../aws/ec2-catalog';
import { IMAGES } from '../../local/data/images';
import { testEc2 } from '../ec2/support';
import { clientOptions, startTestGateway } from '../gateway/start-test-gateway';
import { failure, fakeAws } from './fake-aws';

const [image] = IMAGES;
const amiId = image?.imageId ?? '';

async function start() {
  const local = testEc2();
  const gateway = await startTestGateway({ services: [local.ec2] });
  const ssm = fakeAws(({ body }) =>
    body.Name === '/known' ? { body: { Parameter: { Value: amiId } } } : failure('ParameterNotFound', 'none'),
  );
  return {
    catalog: new Ec2Catalog(new EC2Client(clientOptions(gateway)), new SSMClient(ssm.config)),
    close: () => gateway.close(),
  };
}

let started: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  started = await start();
});
afterAll(() => started.close());

describe('the catalog', () => {
  it('describes the types that exist and leaves out those that do not', async () => {
    expect(await started.catalog.instanceTypes(['g5.xlarge', 'g5.xlarg'])).toEqual([
      {
        instanceType: 'g5.xlarge',
        architectures: ['x86_64'],
        vcpus: 4,
        memoryMiB: 16384,
        gpus: 1,
        isSpotOffered: true,
      },
    ]);
  });

  it('names all types', async () => {
    expect(await started.catalog.allInstanceTypeNames()).toEqual(expect.arrayContaining(['g5.xlarge', 'm7g.large']));
  });

  it("tells an image's root device and its least size", async () => {
    expect(await started.catalog.image(amiId)).toEqual({
      amiId,
      architecture: image?.architecture,
      rootDeviceName: image?.rootDeviceName,
      rootSizeGiB: image?.rootSizeGiB,
      isAvailable: true,
    });
    expect(await started.catalog.image('ami-00000000000000000')).toBeUndefined();
  });

  it('finds an image by its public parameter', async () => {
    expect(await started.catalog.imageByParameter('/known')).toMatchObject({ amiId });
    expect(await started.catalog.imageByParameter('/unknown')).toBeUndefined();
  });
});
