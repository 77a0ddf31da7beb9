/**
 * Machine images of the local cloud, with the public SSM parameters that name them. Names, owners, root device names
 * and snapshot sizes are those of the images that AWS, Canonical and Debian published in autumn 2025; the ids are made up.
 */
export interface MachineImage {
  imageId: string;
  snapshotId: string;
  name: string;
  description: string;
  ownerId: string;
  ownerAlias?: string;
  architecture: 'x86_64' | 'arm64';
  rootDeviceName: string;
  rootSizeGiB: number;
  createdAt: string;
  /** Public SSM parameters whose value is this image's id. */
  parameters: readonly string[];
}

const AMAZON = { ownerId: '137112412989', ownerAlias: 'amazon' };
const DEEP_LEARNING = { ownerId: '898082745236', ownerAlias: 'amazon' };
const CANONICAL = { ownerId: '099720109477', ownerAlias: 'amazon' };
const DEBIAN = { ownerId: '136693071363', ownerAlias: 'amazon' };

type Kind = Omit<MachineImage, 'imageId' | 'snapshotId' | 'architecture' | 'name' | 'parameters'> & {
  idPrefix: string;
  name: (architecture: string) => string;
  parameters: (architecture: string) => string[];
};

/** Debian's and Canonical's word for x86_64. */
const debianArchitecture = (architecture: string) => (architecture === 'x86_64' ? 'amd64' : architecture);

const KINDS: readonly Kind[] = [
  {
    ...AMAZON,
    idPrefix: '0a12023',
    name: (architecture) => `al2023-ami-2023.9.20251110.1-kernel-6.1-${architecture}`,
    description: 'Amazon Linux 2023 AMI 2023.9.20251110.1 HVM kernel-6.1',
    rootDeviceName: '/dev/xvda',
    rootSizeGiB: 8,
    createdAt: '2025-11-10T00:00:00.000Z',
    parameters: (architecture) => [
      `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${architecture}`,
      `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-${architecture}`,
    ],
  },
  {
    ...DEEP_LEARNING,
    idPrefix: '0d1a2023',
    name: () => 'Deep Learning Base OSS Nvidia Driver GPU AMI (Amazon Linux 2023) 20251107',
    description: 'Supported EC2 instances: G4dn, G5, G6, Gr6, G6e, P4d, P4de, P5, P5e, P5en',
    rootDeviceName: '/dev/xvda',
    rootSizeGiB: 75,
    createdAt: '2025-11-07T00:00:00.000Z',
    parameters: (architecture) => [
      `/aws/service/deeplearning/ami/${architecture}/base-oss-nvidia-driver-gpu-al2023/latest/ami-id`,
    ],
  },
  {
    ...DEEP_LEARNING,
    idPrefix: '0d1a2204',
    name: () => 'Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 22.04) 20251107',
    description: 'Supported EC2 instances: G4dn, G5, G6, Gr6, G6e, P4d, P4de, P5, P5e, P5en',
    rootDeviceName: '/dev/sda1',
    rootSizeGiB: 75,
    createdAt: '2025-11-07T00:00:00.000Z',
    parameters: (architecture) => [
      `/aws/service/deeplearning/ami/${architecture}/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id`,
    ],
  },
  {
    ...CANONICAL,
    idPrefix: '0b2404',
    name: (architecture) =>
      `ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-${debianArchitecture(architecture)}-server-20251022`,
    description: 'Canonical, Ubuntu, 24.04, noble image',
    rootDeviceName: '/dev/sda1',
    rootSizeGiB: 8,
    createdAt: '2025-10-22T00:00:00.000Z',
    parameters: (architecture) => [
      `/aws/service/canonical/ubuntu/server/24.04/stable/current/${debianArchitecture(architecture)}/hvm/ebs-gp3/ami-id`,
    ],
  },
  {
    ...CANONICAL,
    idPrefix: '0b2204',
    name: (architecture) =>
      `ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-${debianArchitecture(architecture)}-server-20251015`,
    description: 'Canonical, Ubuntu, 22.04 LTS, jammy image',
    rootDeviceName: '/dev/sda1',
    rootSizeGiB: 8,
    createdAt: '2025-10-15T00:00:00.000Z',
    parameters: (architecture) => [
      `/aws/service/canonical/ubuntu/server/22.04/stable/current/${debianArchitecture(architecture)}/hvm/ebs-gp2/ami-id`,
    ],
  },
  {
    ...DEBIAN,
    idPrefix: '0deb12',
    name: (architecture) => `debian-12-${debianArchitecture(architecture)}-20251112-2294`,
    description: 'Debian 12 (20251112-2294)',
    rootDeviceName: '/dev/xvda',
    rootSizeGiB: 8,
    createdAt: '2025-11-12T00:00:00.000Z',
    parameters: (architecture) => [`/aws/service/debian/release/12/latest/${debianArchitecture(architecture)}`],
  },
];

function toImage(kind: Kind, architecture: 'x86_64' | 'arm64'): MachineImage {
  const { idPrefix, name, parameters, ...rest } = kind;
  const hex = `${idPrefix}${architecture === 'x86_64' ? '8664' : 'a64'}`.padEnd(17, '0');
  return {
    ...rest,
    imageId: `ami-${hex}`,
    snapshotId: `snap-${hex}`,
    architecture,
    name: name(architecture),
    parameters: parameters(architecture),
  };
}

/** Every image, both architectures. */
export const IMAGES: readonly MachineImage[] = KINDS.flatMap((kind) => [
  toImage(kind, 'x86_64'),
  toImage(kind, 'arm64'),
]);
