// What goes wrong with the embedded engine alone: somebody else has it, it is damaged, or it cannot be opened now.

/** Another process has the data directory open. */
export class DatabaseInUse extends Error {
  override readonly name = 'DatabaseInUse';
  readonly directory: string;
  readonly pid: number;
  constructor(directory: string, pid: number) {
    super(
      `${directory} is in use by ${pid > 0 ? `process ${pid}` : 'another process'}: stop that one first, or give this one a directory of its own with LABD_DATA`,
    );
    this.directory = directory;
    this.pid = pid;
  }
}

/** The embedded database would not open, and no snapshot of it would either. */
export class DatabaseDamaged extends Error {
  override readonly name = 'DatabaseDamaged';
  readonly directory: string;
  constructor(directory: string, why: string, cause?: unknown) {
    super(`The database in ${directory} does not open: ${why}. To begin anew, move ${directory} away and start again`, {
      cause,
    });
    this.directory = directory;
  }
}

/** Something outside the directory is in the way, so that its data is as good as before: openDatabase says that it is unavailable. */
export class EmbeddedUnavailable extends Error {
  override readonly name = 'EmbeddedUnavailable';
}

/** Something in the running database is broken; the message says what, and how to go back. */
export class EmbeddedDamaged extends Error {
  override readonly name = 'EmbeddedDamaged';
}
