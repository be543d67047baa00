// The store's own errors: each is something that whoever runs or calls labd can act on.

/** What the database cannot do, by the code that callers are told. */
export type FaultCode =
  | 'DATABASE_UNAVAILABLE'
  | 'DATABASE_BUSY'
  | 'DATABASE_DAMAGED'
  | 'DATABASE_OUT_OF_MEMORY'
  | 'DATABASE_READ_ONLY'
  | 'DISK_FULL'
  | 'TOO_MUCH_AT_ONCE'
  | 'TIMEOUT';

export interface FaultOptions {
  cause?: unknown;
  /** What to do about it, for whoever asked; no path or address, which are for the log. */
  remedy: string;
}

/** The database could not do what was asked, for a reason that is neither the caller's mistake nor a bug. */
export class DatabaseFault extends Error {
  override readonly name: string = 'DatabaseFault';
  readonly code: FaultCode;
  readonly remedy: string;
  constructor(code: FaultCode, message: string, { cause, remedy }: FaultOptions) {
    super(message, { cause });
    this.code = code;
    this.remedy = remedy;
  }
}

const NOTHING_WRITTEN = 'nothing was written; try again, labd reconnects by itself';
const PERHAPS_WRITTEN = 'it may or may not have been written; look before you try again';

/** The database cannot be reached now. Nothing was written, unless `ambiguous` (the answer to COMMIT was lost). */
export class DatabaseUnavailable extends DatabaseFault {
  override readonly name = 'DatabaseUnavailable';
  readonly ambiguous: boolean;
  constructor(message: string, { cause, ambiguous = false }: { cause?: unknown; ambiguous?: boolean } = {}) {
    super('DATABASE_UNAVAILABLE', message, { cause, remedy: ambiguous ? PERHAPS_WRITTEN : NOTHING_WRITTEN });
    this.ambiguous = ambiguous;
  }
}

/** The migrations and the database do not fit each other. */
export class MigrationRefused extends Error {
  override readonly name = 'MigrationRefused';
}

/** The change log lacks a revision that must be there: whoever follows it stops rather than show a wrong state. */
export class ChangeLogGap extends Error {
  override readonly name = 'ChangeLogGap';
  readonly expected: bigint;
  readonly found: bigint | null;
  constructor(expected: bigint, found: bigint | null) {
    super(
      `The change log has a gap: it should go on with revision ${expected} and ${found === null ? 'ends before it' : `goes on with ${found}`}`,
    );
    this.expected = expected;
    this.found = found;
  }
}
