// The types that the store's parts share, and its interface.
import type { Pool } from 'pg';
import type { Prisma, PrismaClient } from './generated/client.ts';
import type { StoreLogger } from '../../common/logger.ts';
import type { System } from '../../common/system.ts';
import type { EngineName } from './migrate.ts';
import type { Gate, Mutex } from './mutex.ts';

/** Who caused a write, and through what; it stands in every change. */
export interface Origin {
  actor: string;
  /** The mutation's name, or the uplink's. */
  action: string;
  requestId: string;
  /** The caller's network address; empty for labd itself. */
  address: string;
}

/** One change of one object, as the log keeps it. Rows are full; null before a creation, null after a deletion. */
export interface Recorded {
  kind: string;
  /** A uuid. */
  id: string;
  name: string;
  cloud: string;
  environment: string;
  operation: 'CREATE' | 'UPDATE' | 'DELETE';
  before: object | null;
  after: object | null;
  /** The shape of the rows, counted per kind. Default 1. */
  shape?: number;
  /** Who caused this change, when a transaction does the work of several. Default: whoever the transaction is of. */
  origin?: Origin | undefined;
}

/** What the work inside a write may use; nothing else reaches the database there. */
export interface Writer {
  readonly client: Prisma.TransactionClient;
  /** The clock and the source of randomness for what is written */
  readonly system: System;
  /** Notes a change; all of them are appended, in this order, as the transaction's last statement. */
  record(change: Recorded): void;
  /** Lets whoever waits for news look after the commit, as changes do: something that is no change was written for them. */
  announce(): void;
}

export interface Written<T> {
  value: T;
  /** The revision of the last change; null when nothing was recorded. */
  revision: bigint | null;
}

/** How long changes are kept for each of their uses, milliseconds; null is for ever. */
export interface Retention {
  readonly audit: number | null;
  readonly history: number | null;
  readonly watch: number | null;
}

export interface Database {
  readonly prisma: PrismaClient;
  readonly pool: Pool;
  readonly engine: EngineName;
  /** The first statement of the engine's version(), for people. */
  readonly version: string;
  readonly logger: StoreLogger;
  /** The clock and the source of randomness for what is kept here */
  readonly system: System;
  /** For how long its changes are kept */
  readonly retention: Retention;
  /** See transaction.ts. */
  write<T>(origin: Origin, work: (tx: Writer) => Promise<T>, options?: WriteOptions): Promise<Written<T>>;
  /** See transaction.ts. */
  read<T>(work: (client: Prisma.TransactionClient) => Promise<T>): Promise<T>;
  /** A hint after each commit of this process that appended changes, with the newest revision. Returns what ends it. */
  onWrite(listener: (revision: bigint) => void): () => void;
  /** The same, and for news that are no changes, and a hint when another labd wrote; it may be called for nothing, and be late: poll besides. */
  onNews(listener: () => void): () => void;
  /** Resolves when the database answers; throws DatabaseUnavailable within about three seconds when not. */
  ping(): Promise<void>;
  /** Makes a snapshot of an embedded database now; false when nothing changed, or when it is not embedded. */
  snapshot(): Promise<boolean>;
  /** Waits for what runs, then ends; an embedded database makes its last snapshot. */
  close(): Promise<void>;
  /** The store's own: not for callers. */
  readonly internal: Internal;
}

export interface WriteOptions {
  /** Take the head first, in every labd: for work that no unique key protects. Keep it short. */
  lockHead?: boolean;
  /** Go before those who wait to be alone: for what bastions say, which a burst of what people do must not hold up. */
  ahead?: boolean;
  /** Called before each try, and before it commits: what it throws ends the write, with nothing written. */
  goOn?: (() => void) | undefined;
  /** Milliseconds that a try may take, for work that may be much. Default 15,000. Beyond it: DatabaseFault, TOO_MUCH_AT_ONCE. */
  timeout?: number;
}

interface Internal {
  /** Around each write; alone where transactions run one by one or serializable, and for those that lock the head. */
  readonly gate: Gate;
  /** Before that gate: of those who want to be alone there, one at a time stands at it, and whoever goes ahead. */
  readonly line: Mutex;
  /** Around append and COMMIT. */
  readonly mutex: Mutex;
  readonly oneByOne: boolean;
  /** Tells of a commit, here and elsewhere; without a revision if it appended no changes. */
  announce(revision: bigint | null): void;
  secrets(kind: string): readonly string[];
  refusals: Map<string, Refusal>;
  /** What tells what is wrong, a sentence each, although the database answers */
  readonly problems: Set<() => readonly string[]>;
}

/** A refusal that repeats: the revision of the row that counts it, and what waits to be counted. */
export interface Refusal {
  minute: number;
  row: Promise<bigint>;
  pending: number;
  running: Promise<unknown>;
  next: Promise<boolean> | null;
}
