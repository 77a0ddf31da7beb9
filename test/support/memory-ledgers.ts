/** Ledger, alert marks and cursors in memory. */
import type { LedgerEntry } from '../../core/costs/ledger';
import type { AlertMarks, Clock, CostLedger, Cursors } from '../../core/ports';
import { MINUTE_MS } from '../../core/time';

export class MemoryLedger implements CostLedger {
  readonly entries = new Map<string, LedgerEntry>();
  async put(entry: LedgerEntry): Promise<void> {
    this.entries.set(`${entry.month}/${entry.sessionId}`, structuredClone(entry));
  }
  async *ofMonth(month: string): AsyncGenerator<LedgerEntry> {
    for (const entry of this.entries.values()) if (entry.month === month) yield structuredClone(entry);
  }
}

export class MemoryAlertMarks implements AlertMarks {
  readonly marks = new Map<string, { isPublished: boolean; claimedAtMs: number }>();
  constructor(private readonly clock: Clock) {}
  async claim(alertId: string): Promise<boolean> {
    const mark = this.marks.get(alertId);
    const now = this.clock.now();
    if (mark !== undefined && (mark.isPublished || now - mark.claimedAtMs < MINUTE_MS)) return false;
    this.marks.set(alertId, { isPublished: false, claimedAtMs: now });
    return true;
  }
  async done(alertId: string): Promise<void> {
    this.marks.set(alertId, { isPublished: true, claimedAtMs: this.clock.now() });
  }
}

export class MemoryCursors implements Cursors {
  readonly positions = new Map<string, string>();
  async get(pass: string): Promise<string | null> {
    return this.positions.get(pass) ?? null;
  }
  async set(pass: string, position: string | null): Promise<void> {
    if (position === null) this.positions.delete(pass);
    else this.positions.set(pass, position);
  }
}
