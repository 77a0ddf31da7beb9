/**
 * EC2's vCPU quotas: codes and names as in Service Quotas (public, November 2025). The values are the local cloud's:
 * ample, so that nothing has to be asked for; a new AWS account has 0 for GPU families.
 */
export interface VcpuQuota {
  code: string;
  name: string;
  market: 'spot' | 'on-demand';
  /** Matches the family of an instance type, e.g. g5 or p4d. */
  families: RegExp;
  defaultValue: number;
}

const STANDARD = /^[acdhimrtz]\d/;
const GRAPHICS = /^(g\d|vt\d)/;

export const VCPU_QUOTAS: readonly VcpuQuota[] = [
  {
    code: 'L-1216C47A',
    name: 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances',
    market: 'on-demand',
    families: STANDARD,
    defaultValue: 1152,
  },
  {
    code: 'L-DB2E81BA',
    name: 'Running On-Demand G and VT instances',
    market: 'on-demand',
    families: GRAPHICS,
    defaultValue: 768,
  },
  {
    code: 'L-417A185B',
    name: 'Running On-Demand P instances',
    market: 'on-demand',
    families: /^p\d/,
    defaultValue: 384,
  },
  {
    code: 'L-34B43A08',
    name: 'All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests',
    market: 'spot',
    families: STANDARD,
    defaultValue: 1440,
  },
  {
    code: 'L-3819A6DF',
    name: 'All G and VT Spot Instance Requests',
    market: 'spot',
    families: GRAPHICS,
    defaultValue: 768,
  },
  {
    code: 'L-7212CCBC',
    name: 'All P4, P3 and P2 Spot Instance Requests',
    market: 'spot',
    families: /^p[234]/,
    defaultValue: 384,
  },
  {
    code: 'L-C4BD4855',
    name: 'All P5 Spot Instance Requests',
    market: 'spot',
    families: /^p5/,
    defaultValue: 384,
  },
];
