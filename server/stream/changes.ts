// Following the change log itself, refusals included: from now on, or after a revision, without a gap or a repeat.
import { changesAfter, head, isKept } from '../store/changes.ts';
import { parseCursor } from '../store/cursor.ts';
import type { Change } from '../store/generated/client.ts';
import type { Database } from '../store/types.ts';
import { InvalidInput } from '../domain/errors.ts';
import type { Batch, Hub } from './hub.ts';
import type { Mailbox } from './mailbox.ts';

/** How many changes are replayed at once. */
const AT_ONCE = 500;

async function* replay(database: Database, after: string): AsyncGenerator<Change, bigint> {
  const cursor = parseCursor(after);
  const now = await head(database.prisma);
  if (!cursor || !isKept(cursor, now))
    throw new InvalidInput('after', `${after} is no longer kept, or is another log's.`, 'Leave it out.');
  for (let { rev } = cursor; ;) {
    const { changes, gone } = await changesAfter(database.prisma, rev, AT_ONCE);
    if (gone) throw new InvalidInput('after', `${after} is no longer kept.`, 'Leave it out.');
    yield* changes;
    rev = changes.at(-1)?.rev ?? rev;
    if (changes.length < AT_ONCE) return rev;
  }
}

async function* follow(
  database: Database,
  mailbox: Mailbox<Batch>,
  shown: (change: Change) => boolean,
  after: string | null | undefined,
): AsyncGenerator<Change> {
  if (mailbox.dropped) throw mailbox.dropped;
  let seen = -1n;
  if (after != null) {
    const earlier = replay(database, after);
    for (let next = await earlier.next(); ; next = await earlier.next()) {
      if (next.done) {
        seen = next.value;
        break;
      }
      if (shown(next.value)) yield next.value;
    }
  }
  for (let batch = await mailbox.next(); batch; batch = await mailbox.next())
    for (const change of batch.changes) if (change.rev > seen && shown(change)) yield change;
}

/**
 * Follows all changes that are shown. Throws InvalidInput for a revision that is no longer kept, Dropped when the reader
 * is too slow or labd stops.
 */
export function watchChanges(
  database: Database,
  hub: Hub,
  shown: (change: Change) => boolean,
  after: string | null | undefined,
): AsyncIterableIterator<Change> {
  const mailbox = hub.subscribe();
  const source = follow(database, mailbox, shown, after);
  const end = () => {
    mailbox.close();
    return source.return(undefined);
  };
  return {
    next: () => source.next(),
    return: end,
    throw: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
