// The store's own errors: each is something that whoever runs or calls labd can act on.

/** The database cannot be reached now. Nothing was written, unless `ambiguous` (the answer to COMMIT was lost). */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
  readonly ambiguous: boolean;
  constructor(message: string, options: { cause?: unknown; ambiguous?: boolean } = {}) {
    super(message, { cause: options.cause });
    this.ambiguous = options.ambiguous ?? false;
  }
}

/** The database stopped a statement that took too long; the transaction that it was in is rolled back. */
export class StatementStopped extends Error {
  override readonly name = 'StatementStopped';
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
