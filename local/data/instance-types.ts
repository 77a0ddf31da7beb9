/**
 * EC2 instance types that the local cloud offers: shape and Linux on-demand list price in us-east-1 (USD per hour).
 * From AWS's public instance type pages and price list as known in November 2025 (P4d, P5: after the cut of June 2025).
 */
export interface Gpu {
  name: string;
  manufacturer: string;
  count: number;
  memoryMiB: number;
}

export interface InstanceType {
  name: string;
  family: string;
  architecture: 'x86_64' | 'arm64';
  vcpus: number;
  memoryMiB: number;
  /** USD per hour, Linux, shared tenancy, us-east-1. */
  onDemandUsd: number;
  gpu?: Gpu;
  /** Local NVMe disks as the price list words them; absent: EBS only. */
  localStorage?: { text: string; totalGB: number };
  burstable: boolean;
}

type Row = readonly [name: string, vcpus: number, memoryGiB: number, usd: number, gpus?: number, disks?: string];

const GPUS: Record<string, Omit<Gpu, 'count'>> = {
  g4dn: { name: 'T4', manufacturer: 'NVIDIA', memoryMiB: 16_384 },
  g5: { name: 'A10G', manufacturer: 'NVIDIA', memoryMiB: 24_576 },
  g6: { name: 'L4', manufacturer: 'NVIDIA', memoryMiB: 24_576 },
  p3: { name: 'V100', manufacturer: 'NVIDIA', memoryMiB: 16_384 },
  p4d: { name: 'A100', manufacturer: 'NVIDIA', memoryMiB: 40_960 },
  p5: { name: 'H100', manufacturer: 'NVIDIA', memoryMiB: 81_920 },
};

const ARM_FAMILIES = ['t4g', 'm7g', 'c7g'];

const ROWS: readonly Row[] = [
  ['t3.micro', 2, 1, 0.0104],
  ['t3.small', 2, 2, 0.0208],
  ['t3.medium', 2, 4, 0.0416],
  ['t3.large', 2, 8, 0.0832],
  ['t3.xlarge', 4, 16, 0.1664],
  ['t3.2xlarge', 8, 32, 0.3328],
  ['t4g.small', 2, 2, 0.0168],
  ['t4g.medium', 2, 4, 0.0336],
  ['m5.large', 2, 8, 0.096],
  ['m5.xlarge', 4, 16, 0.192],
  ['m5.2xlarge', 8, 32, 0.384],
  ['m5.4xlarge', 16, 64, 0.768],
  ['m6i.large', 2, 8, 0.096],
  ['m6i.xlarge', 4, 16, 0.192],
  ['m6i.2xlarge', 8, 32, 0.384],
  ['m6i.4xlarge', 16, 64, 0.768],
  ['m7i.large', 2, 8, 0.1008],
  ['m7i.xlarge', 4, 16, 0.2016],
  ['m7g.large', 2, 8, 0.0816],
  ['m7g.xlarge', 4, 16, 0.1632],
  ['m7g.2xlarge', 8, 32, 0.3264],
  ['c6i.large', 2, 4, 0.085],
  ['c6i.xlarge', 4, 8, 0.17],
  ['c6i.2xlarge', 8, 16, 0.34],
  ['c6i.4xlarge', 16, 32, 0.68],
  ['c7g.large', 2, 4, 0.0725],
  ['c7g.xlarge', 4, 8, 0.145],
  ['c7g.2xlarge', 8, 16, 0.29],
  ['g4dn.xlarge', 4, 16, 0.526, 1, '1 x 125'],
  ['g4dn.2xlarge', 8, 32, 0.752, 1, '1 x 225'],
  ['g4dn.4xlarge', 16, 64, 1.204, 1, '1 x 225'],
  ['g4dn.12xlarge', 48, 192, 3.912, 4, '1 x 900'],
  ['g5.xlarge', 4, 16, 1.006, 1, '1 x 250'],
  ['g5.2xlarge', 8, 32, 1.212, 1, '1 x 450'],
  ['g5.4xlarge', 16, 64, 1.624, 1, '1 x 600'],
  ['g5.12xlarge', 48, 192, 5.672, 4, '1 x 3800'],
  ['g5.48xlarge', 192, 768, 16.288, 8, '2 x 3800'],
  ['g6.xlarge', 4, 16, 0.8048, 1, '1 x 250'],
  ['g6.2xlarge', 8, 32, 0.9776, 1, '1 x 450'],
  ['g6.12xlarge', 48, 192, 4.6016, 4, '4 x 940'],
  ['p3.2xlarge', 8, 61, 3.06, 1],
  ['p3.8xlarge', 32, 244, 12.24, 4],
  ['p3.16xlarge', 64, 488, 24.48, 8],
  ['p4d.24xlarge', 96, 1152, 21.957642, 8, '8 x 1000'],
  ['p5.4xlarge', 16, 256, 6.88, 1, '1 x 3840'],
  ['p5.48xlarge', 192, 2048, 55.04, 8, '8 x 3840'],
];

function localStorage(disks: string): { text: string; totalGB: number } {
  const [count = 0, sizeGB = 0] = disks.split(' x ').map(Number);
  return { text: `${disks} NVMe SSD`, totalGB: count * sizeGB };
}

function toInstanceType([name, vcpus, memoryGiB, onDemandUsd, gpus, disks]: Row): InstanceType {
  const family = name.slice(0, name.indexOf('.'));
  const gpu = GPUS[family];
  return {
    name,
    family,
    architecture: ARM_FAMILIES.includes(family) ? 'arm64' : 'x86_64',
    vcpus,
    memoryMiB: memoryGiB * 1024,
    onDemandUsd,
    ...(gpu && gpus ? { gpu: { ...gpu, count: gpus } } : {}),
    ...(disks ? { localStorage: localStorage(disks) } : {}),
    burstable: family.startsWith('t'),
  };
}

/** By name. */
export const INSTANCE_TYPES: ReadonlyMap<string, InstanceType> = new Map(
  ROWS.map((row) => [row[0], toInstanceType(row)]),
);
