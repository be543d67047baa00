// Watches one kind: subscribes, sends a snapshot and a bookmark, then changes; or resumes from a cursor without a gap or
// a repeat.
import { changesAfter, head, isKept } from '../store/changes.ts';
import { formatCursor, parseCursor } from '../store/cursor.ts';
import { ChangeLogGap } from '../store/errors.ts';
import type { Change, Prisma } from '../store/generated/client.ts';
import type { Database } from '../store/types.ts';
import { PLACE } from '../domain/objects/parts.ts';
import type { Batch, Hub } from './hub.ts';
import { Dropped, type Mailbox } from './mailbox.ts';
import { Together } from './together.ts';

type WatchRow = Record<string, unknown> & { id: string };

/** An object that came, changed or went. `row` is as in the database, or as the change log keeps it: dates and bigints as strings. */
interface RowEvent {
  readonly type: 'Added' | 'Modified' | 'Deleted';
  readonly revision: string;
  readonly row: WatchRow;
  /** The rows that are delivered with it */
  readonly together: Together<WatchRow>;
}

/** What a watch delivers. */
export type WatchEvent =
  | RowEvent
  | { readonly type: 'Bookmark'; readonly revision: string }
  | { readonly type: 'Reset'; readonly revision: string; readonly reason: string };

interface WatchSpec {
  readonly kind: string;
  /** Whether the caller may see a place */
  readonly isPlaced: (place: WatchRow) => boolean;
  /** Whether a row meets the conditions; made once, since it is asked of every change */
  readonly isMet: (row: WatchRow) => boolean;
  /** All rows that the caller may see and that meet the filter */
  readonly list: (client: Prisma.TransactionClient) => Promise<WatchRow[]>;
}

/** Who watches: what they may see is asked anew whenever it changes. */
export interface Watcher {
  readonly spec: () => WatchSpec;
  /** Calls back when what the watcher may see has changed. Returns what stops that. */
  readonly onScope: (renew: () => void) => () => void;
}

/** Stands in a mailbox for: what the watcher may see has changed. */
const RENEWED = Symbol('renewed');
type Post = Mailbox<Batch | typeof RENEWED>;

/** How many rows of a snapshot are delivered together. */
const snapshotAtOnce = 100;
/** How many changes are replayed at once when a watch resumes. */
const replayAtOnce = 500;
/** A watch that has had nothing to say for so long gets a bookmark with the next change of others, milliseconds. */
const bookmarkAfter = 5_000;

const types = { '01': 'Added', '10': 'Deleted', '11': 'Modified' } as const;

/** Events of which what is read besides their rows is read at once. */
function together(events: readonly Omit<RowEvent, 'together'>[]): RowEvent[] {
  const all = new Together(events.map(({ row }) => row));
  return events.map((event) => ({ ...event, together: all }));
}

/** The events of changes, in their order. */
const eventsOf = (spec: WatchSpec, logId: string, changes: readonly Change[]): RowEvent[] =>
  together(changes.flatMap((change) => eventOf(spec, logId, change) ?? []));

/** The event of a change: an object that enters or leaves the filter is added or deleted. */
function eventOf(spec: WatchSpec, logId: string, change: Change): Omit<RowEvent, 'together'> | undefined {
  if (change.kind !== spec.kind || change.outcome !== 'DONE') return undefined;
  const seen = (row: WatchRow | null): boolean => {
    if (!row) return false;
    // A kind without a place of its own is placed by the change, which names the object it belongs to: unless that has
    // moved, and the row says where it was.
    const place = 'cloud' in row ? row : { ...change, ...(row[PLACE] as object | undefined), id: row.id };
    return spec.isPlaced(place) && spec.isMet(row);
  };
  const before = change.before as WatchRow | null;
  const after = change.after as WatchRow | null;
  const type = types[`${seen(before) ? 1 : 0}${seen(after) ? 1 : 0}` as keyof typeof types] as
    (typeof types)[keyof typeof types] | undefined;
  if (!type) return undefined;
  const row = type === 'Deleted' ? (before as WatchRow) : (after as WatchRow);
  return { type, revision: formatCursor({ logId, rev: change.rev }), row };
}

/** Where a watch reads. */
interface Source {
  readonly database: Database;
  readonly hub: Hub;
}

interface From {
  logId: string;
  rev: bigint;
}

/** The revision of a snapshot that is not complete yet: resuming from it takes a new snapshot. */
const incomplete = (rev: bigint): string => formatCursor({ logId: '00000000-0000-0000-0000-000000000000', rev });

async function* snapshot({ database, hub }: Source, spec: WatchSpec): AsyncGenerator<WatchEvent, From> {
  const { rows, at } = await hub.listing(() =>
    database.read(async (client) => ({ at: await head(client), rows: await spec.list(client) })),
  );
  const revision = incomplete(at.rev);
  for (let from = 0; from < rows.length; from += snapshotAtOnce)
    yield* together(rows.slice(from, from + snapshotAtOnce).map((row) => ({ type: 'Added', revision, row })));
  yield { type: 'Bookmark', revision: formatCursor(at) };
  return at;
}

/** Turns a gap in the log into Dropped, so that the watcher lists again; the hub finds the gap by itself. */
function asDropped(error: unknown): never {
  throw error instanceof ChangeLogGap ? new Dropped('reset', `${error.message}; list again.`) : error;
}

/** Replays what came after a cursor, up to the head; a cursor that is no longer kept is answered with a reset. */
async function* resume(source: Source, spec: WatchSpec, after: string): AsyncGenerator<WatchEvent, From> {
  const { database } = source;
  const cursor = parseCursor(after);
  if (!cursor) throw new Error(`"${after}" is not a revision`);
  const now = await head(database.prisma);
  if (!isKept(cursor, now)) {
    const reason = `Revision ${after} is no longer kept, or belongs to another log; what follows is everything there is.`;
    yield { type: 'Reset', revision: incomplete(now.rev), reason };
    return yield* snapshot(source, spec);
  }
  let { rev } = cursor;
  for (;;) {
    const found = await changesAfter(database.prisma, rev, replayAtOnce).catch(asDropped);
    if (found.gone || found.head.logId !== now.logId)
      return yield* resume(source, spec, formatCursor({ logId: now.logId, rev }));
    yield* eventsOf(spec, now.logId, found.changes);
    rev = found.changes.at(-1)?.rev ?? rev;
    if (found.changes.length < replayAtOnce) break;
  }
  yield { type: 'Bookmark', revision: formatCursor({ logId: now.logId, rev }) };
  return { logId: now.logId, rev };
}

/** Begins anew, because what the watcher may see is not what it was. */
async function* renew(source: Source, spec: WatchSpec): AsyncGenerator<WatchEvent, From> {
  const { rev } = await head(source.database.prisma);
  yield {
    type: 'Reset',
    revision: incomplete(rev),
    reason: 'What you may see has changed; what follows is all of it.',
  };
  return yield* snapshot(source, spec);
}

async function* events(source: Source, mailbox: Post, watcher: Watcher, after: string | null | undefined) {
  // A snapshot that nothing can follow would only be taken again and again.
  if (mailbox.dropped) throw mailbox.dropped;
  let spec = watcher.spec();
  let start = yield* after == null ? snapshot(source, spec) : resume(source, spec, after);
  const { elapsed } = source.database.system;
  let lastEventAt = elapsed();
  for (let batch = await mailbox.next(); batch; batch = await mailbox.next()) {
    if (batch === RENEWED) {
      spec = watcher.spec();
      start = yield* renew(source, spec);
      continue;
    }
    const { logId } = batch;
    const { rev: from } = start;
    // Without what the snapshot or the replay has seen already.
    const found = eventsOf(
      spec,
      logId,
      batch.changes.filter(({ rev }) => rev > from),
    );
    yield* found;
    let said = found.length > 0;
    if (!said && batch.rev > start.rev && elapsed() - lastEventAt > bookmarkAfter) {
      said = true;
      yield { type: 'Bookmark', revision: formatCursor(batch) } satisfies WatchEvent;
    }
    if (said) lastEventAt = elapsed();
  }
}

/**
 * Follows one kind. With `after`, from that revision on; without, from a snapshot of all there is.
 * Throws Dropped when the reader is too slow or labd stops.
 */
export function watch(
  database: Database,
  hub: Hub,
  watcher: Watcher,
  after: string | null | undefined,
): AsyncIterableIterator<WatchEvent> {
  // Subscribed before the snapshot is taken, so that nothing falls in between.
  const mailbox: Post = hub.subscribe<typeof RENEWED>();
  const source = events({ database, hub }, mailbox, watcher, after);
  const stop = watcher.onScope(() => mailbox.put(RENEWED));
  const end = () => {
    stop();
    mailbox.close();
    return source.return(undefined);
  };
  return {
    next: () => source.next() as Promise<IteratorResult<WatchEvent>>,
    // A generator that waits for the mailbox takes no return before its turn: the mailbox is closed first.
    return: end as () => Promise<IteratorResult<WatchEvent>>,
    throw: end as () => Promise<IteratorResult<WatchEvent>>,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
