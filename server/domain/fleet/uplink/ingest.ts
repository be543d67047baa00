// Gathers the batches of all bastions into one write at a time, so that a thousand machines cost a few statements rather
// than a few thousand.
import { DatabaseFault } from '../../../store/errors.ts';
import type { Database, Origin } from '../../../store/types.ts';
import { InvalidInput } from '../../errors.ts';
import { runBatch, type Call, type Outcome } from './batch.ts';
import type { PushUplinkInput } from '../contract/input.ts';
import type { PushUplinkResult } from '../contract/results.ts';
import { settingsFor, type FleetSettings } from '../../ledger/settings.ts';
import type { Snapshot } from '../machines/snapshots.ts';
import { parsePush } from '../contract/validate.ts';

/** A caller that waits for its own acknowledgement. */
interface Waiting {
  call: Call;
  rows: number;
  resolve(result: PushUplinkResult): void;
  reject(error: unknown): void;
}

/** The embedded engine runs one transaction at a time: shorter ones let others in between. */
const MOST_EMBEDDED = 100;

/** Whose write it is as a whole: no change's, since each is that of the bastion whose item caused it. */
const GATHERED: Origin = { actor: 'labd', action: 'pushUplink', requestId: '', address: '' };

export class Ingest {
  private readonly db: Database;
  private readonly settings: FleetSettings;
  private readonly remind: (bastionId: string) => void;
  private readonly snapshots = new Map<string, Snapshot>();
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  /** `remind` is called with each bastion that reported a machine which it was told to forget. */
  constructor(db: Database, settings: Partial<FleetSettings> = {}, remind: (bastionId: string) => void = () => {}) {
    this.db = db;
    this.remind = remind;
    this.settings = settingsFor(db, { ...(db.engine === 'embedded' ? { most: MOST_EMBEDDED } : {}), ...settings });
  }

  /**
   * Takes a batch; answers when it, and what came at the same time, is committed.
   * Throws InvalidInput when an item cannot be taken, which leaves all of the batch out, and DatabaseFault.
   */
  async push(origin: Origin, input: PushUplinkInput): Promise<PushUplinkResult> {
    const call = {
      origin: { ...origin, action: GATHERED.action },
      bastion: input.bastion,
      epoch: input.epoch,
      ...parsePush(input),
    };
    const rows = call.items.reduce((sum, { body }) => sum + (body.type === 'reports' ? body.reports.length : 1), 0);
    return new Promise((resolve, reject) => {
      this.waiting.push({ call, rows, resolve, reject });
      this.schedule();
    });
  }

  /** Waits until everything that was pushed is answered. */
  async close(): Promise<void> {
    while (this.waiting.length > 0 || this.running) {
      clearTimeout(this.timer);
      this.timer = undefined;
      await (this.running ?? this.run());
    }
  }

  private schedule(): void {
    if (this.running || this.waiting.length === 0) return;
    const rows = this.waiting.reduce((sum, one) => sum + one.rows, 0);
    if (rows >= this.settings.most) {
      clearTimeout(this.timer);
      this.timer = undefined;
      void this.run();
    } else {
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        void this.run();
      }, this.settings.gather);
    }
  }

  private run(): Promise<void> {
    const batch = this.next();
    this.running = this.write(batch).finally(() => {
      this.running = undefined;
      this.schedule();
    });
    return this.running;
  }

  /** As many of those who wait longest as make a full batch. */
  private next(): Waiting[] {
    let rows = 0;
    const end = this.waiting.findIndex((one) => (rows += one.rows) >= this.settings.most);
    return this.waiting.splice(0, end === -1 ? this.waiting.length : end + 1);
  }

  private async write(batch: readonly Waiting[]): Promise<void> {
    if (batch.length === 0) return;
    try {
      const calls = batch.map(({ call }) => call);
      const { value } = await this.db.write(GATHERED, (tx) => runBatch(tx, calls, this.snapshots, this.settings), {
        lockHead: true,
        ahead: true,
      });
      this.settle(batch, value);
    } catch (error) {
      // When the database is away or full, trying each batch alone would only wait again; one that is too much may go in parts.
      if (batch.length === 1 || (error instanceof DatabaseFault && error.code !== 'TOO_MUCH_AT_ONCE')) {
        for (const { reject } of batch) reject(error);
        return;
      }
      // One batch made the write fail; each is tried alone, so that the others succeed.
      for (const one of batch) await this.write([one]);
    }
  }

  private settle(batch: readonly Waiting[], { results, snapshots, reminded }: Outcome): void {
    for (const [bastion, snapshot] of snapshots) {
      if (snapshot) this.snapshots.set(bastion, snapshot);
      else this.snapshots.delete(bastion);
    }
    for (const bastion of reminded) this.remind(bastion);
    batch.forEach(({ resolve, reject }, i) => {
      const result = results[i]!;
      if (result instanceof InvalidInput) reject(result);
      else resolve(result);
    });
  }
}
