// What runs for the fleet as long as labd does: the gathering of reports, the orders that go out, the sweep.
import type { Database } from '../../store/types.ts';
import { Ingest } from './ingest.ts';
import { Orders } from './orders.ts';
import { sweep } from './sessions.ts';

export interface Fleet {
  readonly ingest: Ingest;
  readonly orders: Orders;
  /** Answers what was pushed, ends the subscriptions of orders, stops the sweep. */
  close(): Promise<void>;
}

/** Milliseconds between two looks for bastions that went silent. */
const SWEEP_EVERY = 15_000;

/** Starts the fleet's work. */
export function openFleet(database: Database): Fleet {
  const orders = new Orders(database);
  const ingest = new Ingest(database, {}, (bastionId) => orders.remind(bastionId));
  let sweeping: Promise<unknown> | undefined;
  const timer = setInterval(() => {
    sweeping ??= sweep(database)
      .catch((error: unknown) => database.logger.warn({ reason: (error as Error).message }, 'Silent bastions cannot be looked for now'))
      .finally(() => (sweeping = undefined));
  }, SWEEP_EVERY);
  timer.unref();
  return {
    ingest,
    orders,
    close: async () => {
      clearInterval(timer);
      orders.close();
      await ingest.close();
      await sweeping;
    },
  };
}
