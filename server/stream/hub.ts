// Reads the change log once per labd and hands each batch to all subscribers. This labd's own writes wake it,
// and so do hints from other labds; polling finds what no hint told of.
import { changesAfter, head } from '../store/changes.ts';
import { ChangeLogGap } from '../store/errors.ts';
import { isUnavailable } from '../store/faults.ts';
import type { Change } from '../store/generated/client.ts';
import type { StoreLogger } from '../../common/logger.ts';
import type { Database } from '../store/types.ts';
import { createTurns, type Turns } from '../domain/turns.ts';
import { Dropped, Mailbox } from './mailbox.ts';

/** Changes that were read together, in order of revision. */
export interface Batch {
  readonly logId: string;
  /** The revision of the last one */
  readonly rev: bigint;
  readonly changes: readonly Change[];
}

export interface HubOptions {
  readonly database: Database;
  readonly logger: StoreLogger;
  /** How often to look for what other replicas wrote, milliseconds */
  readonly pollEvery?: number;
  /** Is told of changes before any subscriber, and waited for: who may not see them any more is gone by then */
  readonly beforeSubscribers?: (changes: readonly Change[]) => Promise<void>;
  /** Is told when changes may have been missed: the log was replaced, or trimmed past this labd */
  readonly afterLoss?: () => Promise<void>;
}

/** What a subscriber hears when the log cannot be trusted. */
const broken = 'The change log has a gap, and nothing can be followed until it is mended; list again then.';
/** How many changes are read at once. */
const readAtOnce = 500;
/** How long somebody waits for the log to be followed, milliseconds. */
const patience = 5_000;
/** How many subscribers list what there is at once: a thousand who come together leave the database to others too. */
const listAtOnce = 3;
/** How many batches a subscriber may be behind. */
const capacity = 1_000;

/** How often each engine is polled, milliseconds. The embedded one has no other writers: its hints are enough. */
const pollDefaults: Record<Database['engine'], number> = { embedded: 1_000, postgres: 300, cockroach: 200 };

/** Follows the change log and hands each batch to every subscriber. */
export class Hub {
  /** Lists what there is, for a subscriber that begins */
  readonly listing: Turns = createTurns(listAtOnce);
  readonly #database: Database;
  readonly #logger: StoreLogger;
  readonly #pollEvery: number;
  readonly #first: NonNullable<HubOptions['beforeSubscribers']>;
  readonly #lost: NonNullable<HubOptions['afterLoss']>;
  readonly #mailboxes = new Set<Pick<Mailbox<Batch>, 'put' | 'drop'>>();
  readonly #waiting = new Set<{ rev: bigint; resolve: () => void }>();
  #rev: bigint | undefined;
  #logId = '';
  #reading: Promise<void> | undefined;
  #again = false;
  #timer: NodeJS.Timeout | undefined;
  #unlisten: () => void = () => undefined;
  #closed = false;
  /** Why the log could not be followed when last tried; said once */
  #trouble: string | undefined;
  #gap: ChangeLogGap | undefined;

  constructor({ database, logger, pollEvery, beforeSubscribers: first, afterLoss: lost }: HubOptions) {
    this.#database = database;
    this.#logger = logger;
    this.#first = first ?? (() => Promise.resolve());
    this.#lost = lost ?? (() => Promise.resolve());
    this.#pollEvery = pollEvery ?? pollDefaults[database.engine];
  }

  /** Begins to follow, from the head as it is now. */
  async start(): Promise<void> {
    const now = await head(this.#database.prisma);
    this.#rev = now.rev;
    this.#logId = now.logId;
    this.#unlisten = this.#database.onNews(() => this.wake());
    this.#timer = setInterval(() => this.wake(), this.#pollEvery);
    this.#timer.unref();
  }

  /** The number of subscribers. */
  get size(): number {
    return this.#mailboxes.size;
  }

  /** What is wrong with the log, as long as it cannot be followed for that */
  get gap(): ChangeLogGap | undefined {
    return this.#gap;
  }

  /**
   * Everything that is appended from now on; ends with Dropped when its reader is too slow, the log is replaced or
   * broken, or labd stops.
   */
  subscribe<T = never>(): Mailbox<Batch | T> {
    const mailbox = new Mailbox<Batch | T>(capacity, () => this.#mailboxes.delete(mailbox));
    if (this.#closed) mailbox.drop(new Dropped('closing', 'labd is stopping.'));
    else if (this.#gap) mailbox.drop(new Dropped('reset', broken));
    else this.#mailboxes.add(mailbox);
    return mailbox;
  }

  /** Resolves when this labd has followed the log up to a revision, or after five seconds at most. */
  reached(rev: bigint): Promise<void> {
    if (this.#closed || (this.#rev !== undefined && this.#rev >= rev)) return Promise.resolve();
    return new Promise((resolve) => {
      const wait = { rev, resolve };
      const timer = setTimeout(() => done(), patience);
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(wait);
        resolve();
      };
      wait.resolve = done;
      this.#waiting.add(wait);
      this.wake();
    });
  }

  /** Looks for new changes now. Many calls while it looks make it look once more. */
  wake(): void {
    if (this.#closed) return;
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = this.#follow().finally(() => {
      this.#reading = undefined;
      if (this.#again) {
        this.#again = false;
        this.wake();
      }
    });
  }

  /** Ends all subscriptions and stops following. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#unlisten();
    this.#dropAll('closing', 'labd is stopping; reconnect and resume from the last revision you got.');
    for (const { resolve } of [...this.#waiting]) resolve();
    await this.#reading;
  }

  #dropAll(reason: Dropped['reason'], message: string): void {
    for (const mailbox of [...this.#mailboxes]) mailbox.drop(new Dropped(reason, message));
  }

  async #follow(): Promise<void> {
    try {
      for (;;) {
        const found = await changesAfter(this.#database.prisma, this.#rev!, readAtOnce);
        this.#followed();
        if (found.gone || found.head.logId !== this.#logId) {
          // Trimmed past us, or restored from a backup: every watcher has to list again.
          this.#rev = found.head.rev;
          this.#logId = found.head.logId;
          await this.#lost();
          this.#dropAll('reset', 'The change log was replaced or trimmed; list again.');
          return;
        }
        const last = found.changes.at(-1);
        if (!last) return;
        await this.#first(found.changes);
        this.#rev = last.rev;
        const batch = { logId: this.#logId, rev: last.rev, changes: found.changes };
        for (const mailbox of this.#mailboxes) mailbox.put(batch);
        for (const { rev, resolve } of [...this.#waiting]) if (rev <= last.rev) resolve();
        if (found.changes.length < readAtOnce) return;
      }
    } catch (error) {
      // The next poll goes on where this one stopped.
      this.#failed(error);
      // Who may do what is in the part of the log that cannot be read too.
      if (error instanceof ChangeLogGap) await this.#lost().catch(() => undefined);
    }
  }

  /** A lost database comes back by itself. A gap does not: nobody is shown a state that may be wrong until it is mended. */
  #failed(error: unknown): void {
    const rev = String(this.#rev);
    const trouble = isUnavailable(error) ? 'The database is away' : String(error);
    const known = trouble === this.#trouble;
    this.#trouble = trouble;
    if (error instanceof ChangeLogGap) {
      this.#gap = error;
      this.#dropAll('reset', broken);
    }
    if (!known) this.#logger.error({ err: error, rev }, 'The change log cannot be followed; trying on');
  }

  #followed(): void {
    if (this.#trouble === undefined) return;
    this.#logger.info({ rev: String(this.#rev), trouble: this.#trouble }, 'The change log is followed again');
    this.#trouble = undefined;
    this.#gap = undefined;
  }
}
