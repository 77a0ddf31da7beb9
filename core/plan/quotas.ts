/**
 * EC2's vCPU quotas: which one counts an instance type on a market, and how to raise it. Codes and names as in Service
 * Quotas (https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html).
 */
import type { Market } from '../session/session';

export interface VcpuQuota {
  code: string;
  name: string;
}

interface Group {
  family: RegExp;
  spot: VcpuQuota;
  'on-demand': VcpuQuota;
}

const P_ON_DEMAND = { code: 'L-417A185B', name: 'Running On-Demand P instances' };

const GROUPS: readonly Group[] = [
  {
    family: /^(g\d|gr\d|vt\d)/,
    spot: { code: 'L-3819A6DF', name: 'All G and VT Spot Instance Requests' },
    'on-demand': { code: 'L-DB2E81BA', name: 'Running On-Demand G and VT instances' },
  },
  { family: /^p[56]/, spot: { code: 'L-C4BD4855', name: 'All P5 Spot Instance Requests' }, 'on-demand': P_ON_DEMAND },
  {
    family: /^p\d/,
    spot: { code: 'L-7212CCBC', name: 'All P4, P3 and P2 Spot Instance Requests' },
    'on-demand': P_ON_DEMAND,
  },
  {
    family: /^trn\d/,
    spot: { code: 'L-6B0D517C', name: 'All Trn Spot Instance Requests' },
    'on-demand': { code: 'L-2C3B7624', name: 'Running On-Demand Trn instances' },
  },
  {
    family: /^inf\d/,
    spot: { code: 'L-B5D1601B', name: 'All Inf Spot Instance Requests' },
    'on-demand': { code: 'L-1945791B', name: 'Running On-Demand Inf instances' },
  },
  {
    family: /^dl\d/,
    spot: { code: 'L-85EED4F7', name: 'All DL Spot Instance Requests' },
    'on-demand': { code: 'L-6E869C2A', name: 'Running On-Demand DL instances' },
  },
  {
    family: /^f\d/,
    spot: { code: 'L-88CF9481', name: 'All F Spot Instance Requests' },
    'on-demand': { code: 'L-74FC7D96', name: 'Running On-Demand F instances' },
  },
  {
    family: /^x\d/,
    spot: { code: 'L-E3A00192', name: 'All X Spot Instance Requests' },
    'on-demand': { code: 'L-7295265B', name: 'Running On-Demand X instances' },
  },
  {
    family: /^[acdhimrtz]\d|^(im|is)\d/,
    spot: { code: 'L-34B43A08', name: 'All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests' },
    'on-demand': {
      code: 'L-1216C47A',
      name: 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances',
    },
  },
];

/** Undefined for families that have quotas of other kinds (high memory, HPC, Mac). */
export function quotaOf(instanceType: string, market: Market): VcpuQuota | undefined {
  return GROUPS.find(({ family }) => family.test(instanceType))?.[market];
}

/** The command that asks AWS for more. */
export function raiseCommand(quota: VcpuQuota, vcpus: number, region: string): string {
  return `aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ${quota.code} --desired-value ${vcpus} --region ${region}`;
}
