// Pushes the spool to labd in batches, each as soon as the one before is acknowledged.
import { diskTroubleIn } from '../state/diskTrouble.ts';
import { Refused } from '../enrolment/refused.ts';
import { PushUplinkDocument, type PushUplinkMutation } from '../generated/documents.ts';
import { keepRefused, refusedFile } from '../state/refusedItems.ts';
import { forLabd, type SpoolItem } from '../state/said.ts';
import { SpoolFull } from '../state/spool.ts';
import type { Connection } from './connection.ts';
import { fenced, Reopen, type UplinkContext } from './context.ts';
import { snapshotOf } from './snapshot.ts';

/** A batch at most. The bytes leave room for the message around the items, in 128 KB. */
const WINDOW = { items: 200, bytes: 126_000 };
/** Milliseconds before sending again what labd answered without taking any of it. */
const NOTHING_TAKEN = 500;

export interface PushOptions {
  connection: Connection;
  bastion: string;
  epoch: number;
  acknowledged: number;
  snapshotWanted: boolean;
  /** labd took a batch */
  onAcknowledged: () => void;
}

type Answer = PushUplinkMutation['pushUplink'];
type Handlers = {
  [T in Answer['__typename']]: (
    answer: Extract<Answer, { __typename: T }>,
    items: readonly SpoolItem[],
  ) => Promise<void> | void;
};

/** Never resolves. Throws Reopen when the connection must be made anew, Refused when that should wait. */
export async function push(context: UplinkContext, options: PushOptions): Promise<never> {
  const { spool, cache, machines, timings, log, waits: progress } = context;
  const { connection, bastion, epoch } = options;
  let cursor = options.acknowledged;
  let wanted = options.snapshotWanted;
  const handlers: Handlers = {
    async UplinkAcknowledged({ acknowledged, snapshotWanted }, items) {
      options.onAcknowledged();
      wanted = snapshotWanted;
      if (items.length > 0 && acknowledged <= cursor) await context.sleep(NOTHING_TAKEN);
      spool.acknowledge(acknowledged);
      // Saving the machines is what lets the spool delete.
      if (acknowledged > cursor) cache.touch();
      cursor = acknowledged;
      progress.onAcknowledged();
    },
    UplinkGap({ expected, message }) {
      log.warn({ expected }, 'labd misses items: opening anew, to see what it has');
      throw new Reopen(message);
    },
    UplinkFenced({ message }) {
      throw fenced(context, message);
    },
    Forbidden: refused,
    Conflict: refused,
    NotFound({ message }) {
      throw new Reopen(message);
    },
    async InvalidInput({ message, remedy, field }, items) {
      const bad = items[Number(/^input\.items\[(\d+)\]/.exec(field)?.[1] ?? NaN)];
      if (bad === undefined) throw new Reopen(`labd refused ${field}: ${message} ${remedy}`);
      await setAside(context, bad, `${field}: ${message} ${remedy}`);
    },
  };
  for (;;) {
    if (wanted) await addSnapshot();
    // Before it is read: what is added meanwhile is not missing.
    const reached = spool.position;
    const { items, hash } = await spool.read(cursor, WINDOW);
    const lost = lostBefore(items[0]?.sequence ?? reached.newest + 1);
    if (items.length === 0 && !lost && (await progress.appended(cursor, timings.heartbeat))) continue;
    const input = {
      bastion,
      epoch,
      items: items.map(forLabd),
      newest: spool.newest,
      hash: items.length > 0 ? hash : reached.hash,
      ...(lost && { lost }),
    };
    const { pushUplink } = await connection.request(PushUplinkDocument, { input });
    if (lost && pushUplink.__typename === 'UplinkAcknowledged')
      log.error(
        { from: cursor + 1, through: lost.through, count: lost.through - cursor },
        `Reports that machines were told are taken never reach labd, which has been told how many: ${lost.reason}`,
      );
    await (handlers[pushUplink.__typename] as (answer: Answer, items: readonly SpoolItem[]) => Promise<void> | void)(
      pushUplink,
      items,
    );
  }

  /** What was given a number after the cursor, and cannot be sent. */
  function lostBefore(sequence: number): { through: number; reason: string } | undefined {
    return sequence > cursor + 1 ? { through: sequence - 1, reason: spool.whyLost(cursor + 1) } : undefined;
  }

  /** Adds one to the spool, unless one is on its way already or was just sent. */
  async function addSnapshot(): Promise<void> {
    const { last } = progress.snapshot;
    if (last > spool.acknowledged || context.clock.elapsed() < progress.snapshot.notBefore) return;
    progress.snapshot.notBefore = context.clock.elapsed() + timings.snapshot;
    try {
      const added = await spool.append(() => snapshotOf(machines.list()));
      progress.snapshot.last = added.at(-1)!.sequence;
      log.info({ items: added.length, machines: machines.size }, 'Sending a snapshot, which labd asked for');
    } catch (error) {
      // What fills the spool must go on being sent; then there is room.
      if (!(error instanceof SpoolFull)) throw error;
      log.warn('labd asked for a snapshot, for which there is no room yet');
    }
  }
}

function refused({ message, remedy }: { message: string; remedy: string }): never {
  throw new Refused(`${message} ${remedy}`);
}

/** Keeps an item that labd refuses in a file where people find it, since everything after it would wait for ever. */
async function setAside({ dir, spool, log }: UplinkContext, bad: SpoolItem, why: string): Promise<void> {
  const file = refusedFile(dir);
  try {
    await keepRefused(dir, { why, item: bad });
    log.error({ sequence: bad.sequence, file }, `labd refused an item, which is now in ${file}: ${why}`);
  } catch (error) {
    const trouble = diskTroubleIn(dir, error);
    if (!trouble) throw error;
    log.error(
      { sequence: bad.sequence, item: bad },
      `labd refused an item, which is kept in this line alone: ${why}. ${trouble.message}`,
    );
  }
  spool.drop(bad.sequence, `labd refused it: ${why}`);
}
