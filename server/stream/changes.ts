// Following the change log itself, refusals included: from now on, or after a revision, without a gap or a repeat.
import { changesAfter, head, isKept } from '../store/changes.ts';
import { formatCursor, parseCursor } from '../store/cursor.ts';
import type { Change } from '../store/generated/client.ts';
import type { Database } from '../store/types.ts';
import { InvalidInput } from '../domain/errors.ts';
import type { Batch, Hub } from './hub.ts';
import type { Mailbox } from './mailbox.ts';

/** How many changes are replayed at once. */
const AT_ONCE = 500;

/** A change, and the log that it is in. */
export interface Followed {
  readonly logId: string;
  readonly change: Change;
}

const notKept = (after: string): InvalidInput =>
  new InvalidInput('after', `${after} is no longer kept, or is another log's.`, 'Leave it out, and list again.');

/** Where to begin: at the head as it is now, or after a revision that is still kept. */
async function beginning(database: Database, after: string | null | undefined): Promise<From> {
  const now = await head(database.prisma);
  if (after == null) return { logId: now.logId, rev: now.rev, replay: false };
  const cursor = parseCursor(after);
  if (!cursor || !isKept(cursor, now)) throw notKept(after);
  return { logId: now.logId, rev: cursor.rev, replay: true };
}

interface From {
  readonly logId: string;
  readonly rev: bigint;
  readonly replay: boolean;
}

async function* replay(database: Database, { logId, rev: first }: From): AsyncGenerator<Followed, bigint> {
  for (let rev = first; ;) {
    const { changes, gone, head: at } = await changesAfter(database.prisma, rev, AT_ONCE);
    if (gone || at.logId !== logId) throw notKept(formatCursor({ logId, rev }));
    for (const change of changes) yield { logId, change };
    rev = changes.at(-1)?.rev ?? rev;
    if (changes.length < AT_ONCE) return rev;
  }
}

async function* follow(
  database: Database,
  mailbox: Mailbox<Batch>,
  shown: (change: Change) => boolean,
  from: From,
): AsyncGenerator<Followed> {
  if (mailbox.dropped) throw mailbox.dropped;
  let seen = from.rev;
  if (from.replay) {
    const earlier = replay(database, from);
    for (let next = await earlier.next(); ; next = await earlier.next()) {
      if (next.done) {
        seen = next.value;
        break;
      }
      if (shown(next.value.change)) yield next.value;
    }
  }
  for (let batch = await mailbox.next(); batch; batch = await mailbox.next())
    for (const change of batch.changes) if (change.rev > seen && shown(change)) yield { logId: batch.logId, change };
}

/**
 * Follows all changes that are shown, from the moment that this resolves or after a revision. Throws InvalidInput for a
 * revision that is not kept; what it returns throws Dropped when the reader is too slow or labd stops.
 */
export async function watchChanges(
  database: Database,
  hub: Hub,
  shown: (change: Change) => boolean,
  after: string | null | undefined,
): Promise<AsyncIterableIterator<Followed>> {
  // Subscribed before it is looked where to begin, so that nothing falls in between.
  const mailbox = hub.subscribe();
  const from = await beginning(database, after).catch((error: unknown) => {
    mailbox.close();
    throw error;
  });
  const source = follow(database, mailbox, shown, from);
  const end = () => {
    mailbox.close();
    return source.return(undefined);
  };
  const events: AsyncIterableIterator<Followed> = {
    next: () => source.next(),
    // A generator that waits for the mailbox takes no return before its turn: the mailbox is closed first.
    return: end,
    throw: end,
    [Symbol.asyncIterator]: () => events,
  };
  return events;
}
