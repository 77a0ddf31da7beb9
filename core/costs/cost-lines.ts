/** What a session costs, as its record has it. */

export interface CostLines {
  /** null: the price of a part is not known. */
  instances: number | null;
  volumes: number | null;
  publicAddresses: number | null;
  /** Estimates. */
  storage: number;
  controlPlane: number;
}

export interface SessionCost {
  /** What is known, USD; all of it when `isComplete`. */
  usd: number;
  isComplete: boolean;
  lines: CostLines;
  /** The same at on-demand prices, disks, addresses and all; null when unknown. */
  onDemandUsd: number | null;
  /** Of what runs now. */
  usdPerHour: number;
  /** ISO 8601. */
  computedAt: string;
}
