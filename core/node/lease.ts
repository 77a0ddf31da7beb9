/**
 * The lease: the control plane's word that the nodes of an attempt may go on; it also carries orders.
 * sessions/<id>/lease.json is rewritten every five minutes while the session's execution is seen running, and at once
 * when an order changes. A node reads it every 15 s and measures its age by S3's own dates and its monotonic clock.
 */
import { z } from 'zod';

export const orderSchema = z.object({
  /** The fence: `train` may begin. Until then the node stages code and data and waits. */
  go: z.boolean(),
  desired: z.enum(['run', 'stop']),
  /** Why `desired` is stop. */
  reason: z
    .enum([
      'StoppedByUser',
      'BudgetReached',
      'TimeLimitReached',
      'Aborted',
      'PeerLost',
      'TrainingStalled',
      'TrainingRestarted',
      'TrainingMigrated',
      'LossNotFinite',
    ])
    .nullable(),
  /** Skip the grace: SIGKILL at once. */
  immediate: z.boolean(),
  /** ISO 8601: stop by then even if no further word comes. */
  stopAt: z.string().nullable(),
  /** What `stopAt` stands for. */
  stopAtReason: z.enum(['BudgetReached', 'TimeLimitReached']).nullable(),
  /**
   * User ids whose nodes/<user id>/checkpoints/ may hold the checkpoint to resume from, newest attempt first.
   * Complete only when `go` is true: before that an older attempt may still be saving.
   */
  resumeCandidates: z.array(z.string()),
  /** Nodes of the attempt by rank: index 0 is the leader. */
  nodes: z.array(z.object({ instanceId: z.string(), privateAddress: z.string().nullable() })),
});
export type Order = z.infer<typeof orderSchema>;

export const leaseSchema = z.object({
  version: z.literal(1),
  sessionId: z.string(),
  /** ISO 8601, for people; nodes use S3's Last-Modified. */
  renewedAt: z.string(),
  /** A node that sees no renewal for this long saves, uploads and powers off. */
  leaseMinutes: z.number().positive(),
  /** By attempt number. An attempt that is not named is superseded: its nodes stop. */
  orders: z.record(z.string(), orderSchema),
});
export type Lease = z.infer<typeof leaseSchema>;

/** How long a node goes on without a renewal. */
export const LEASE_MINUTES = 30;
/** How often reconcile renews: an outage up to LEASE_MINUTES less this disturbs nothing. */
export const LEASE_RENEWAL_MINUTES = 5;
/** How often a node reads its lease. */
export const LEASE_POLL_SECONDS = 15;
