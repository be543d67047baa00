// What an error from Prisma, its adapter, pg or the file system means: try again, unreachable, full, or somebody's mistake.
import { DatabaseFault, DatabaseUnavailable, type FaultCode } from './errors.ts';

interface Faulty {
  name?: unknown;
  code?: unknown;
  message?: unknown;
  meta?: { driverAdapterError?: unknown } | undefined;
  cause?: unknown;
  originalCode?: unknown;
  kind?: unknown;
}

/** The error and all that it wraps, outermost first. */
function* layers(error: unknown): Generator<Faulty> {
  const seen = new Set<unknown>();
  const queue = [error];
  while (queue.length > 0) {
    const one = queue.shift();
    if (one === null || typeof one !== 'object' || seen.has(one)) continue;
    seen.add(one);
    const fault = one as Faulty;
    yield fault;
    queue.push(fault.meta?.driverAdapterError, fault.cause);
  }
}

/** How a fault is recognised: by a whole code (SQLSTATE, Prisma's, Node's), by the adapter's kind, or by words. */
interface Signs {
  readonly codes?: RegExp;
  readonly kinds?: RegExp;
  readonly words?: RegExp;
}

/** An SQLSTATE that says something; XX000 says as little as none. The others in five characters are Prisma's and Node's. */
const STATE = /^(?!P\d{4}$|E[A-Z]{4}$|XX000$)[0-9A-Z]{5}$/;
/** Whose words are not a caller's: the classes of Node, pg and Prisma. */
const FOREIGN = /^(Error|error|AggregateError|DriverAdapterError|PrismaClient\w+|EmbeddedUnavailable)$/;

/** Where a server gave a state its words are not looked at: they may quote what somebody wrote. */
function shows(error: unknown, { codes, kinds, words }: Signs): boolean {
  const says = (pattern: RegExp | undefined, text: unknown) => typeof text === 'string' && pattern?.test(text) === true;
  const all = [...layers(error)];
  if (all.some(({ code, originalCode, kind }) => says(codes, code) || says(codes, originalCode) || says(kinds, kind)))
    return true;
  if (all.some(({ code, originalCode }) => says(STATE, code) || says(STATE, originalCode))) return false;
  return all.some(({ name = 'Error', message }) => says(FOREIGN, name) && says(words, message));
}

/**
 * Whether the transaction lost against another and may simply be run again. Prisma says so in three ways: P2034 from
 * model calls, P2010 around the adapter's error from raw ones, and from COMMIT the bare adapter's error without a code.
 */
export const isConflict = (error: unknown): boolean =>
  shows(error, { codes: /^(P2034|40001|40P01)$/, kinds: /^TransactionWriteConflict$/, words: /restart transaction/i });

/**
 * Lost, not there, or hung. CockroachDB says XXUUU of what it cannot name and 58C01 of a range without its nodes; Prisma
 * says P2028 when a server let a transaction wait.
 */
const UNAVAILABLE: Signs = {
  codes:
    /^(P1001|P1002|P1008|P1017|P2024|P2028|P2037|ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EPIPE|ENOENT|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|ECONNABORTED|EAI_AGAIN|08\w{3}|57P0[1-5]|58C01|XXUUU|25P0[34]|53300)$/,
  kinds: /^(DatabaseNotReachable|ConnectionClosed|SocketTimeout|TooManyConnections)$/,
  words:
    /Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying to connect|Query read timeout|connect E[A-Z]+|Can't reach database server|Server has closed the connection|Cannot use a pool after calling end/i,
};

/**
 * It is there, and takes no connection of labd's: a password that was changed, a database that is gone or just being put
 * back, a certificate that ran out. A connection that is open goes on, so that none of it is met at COMMIT.
 */
const CLOSED_TO_LABD: Signs = {
  codes:
    /^(28\w{3}|3D000|P1000|P1003|P1010|P1011|CERT_\w+|ERR_TLS_\w+|UNABLE_TO_(GET|VERIFY)_\w+|(DEPTH_ZERO_)?SELF_SIGNED_CERT\w*)$/,
  kinds: /^(AuthenticationFailed|DatabaseAccessDenied|DatabaseDoesNotExist|TlsConnectionError)$/,
};

/** A fault with a code of its own: what it shows by, and what callers are told. */
interface Row extends Signs {
  readonly code: FaultCode;
  readonly message: string;
  readonly remedy: string;
}

/** The first that shows wins: a full disk may break a connection too, and 08P01 is no lost one. */
const FAULTS: readonly Row[] = [
  {
    code: 'TIMEOUT',
    codes: /^57014$/,
    message: 'The database stopped a statement that took too long',
    remedy: 'ask for less at a time, or try again later',
  },
  {
    code: 'DISK_FULL',
    codes: /^(53100|ENOSPC|EDQUOT)$/,
    words: /no space left on device|quota exceeded/i,
    message: "The disk of labd's database is full, and nothing was written",
    remedy: 'whoever runs labd has to free room on the disk of the database (LABD_DATA, or the server of DATABASE_URL)',
  },
  {
    code: 'DATABASE_READ_ONLY',
    codes: /^(25006|EROFS)$/,
    words: /read-only file system/i,
    message: "labd's database can only be read now, and nothing was written",
    remedy:
      'whoever runs labd has to make it writable: mount the disk of LABD_DATA for writing, or point DATABASE_URL at the primary',
  },
  {
    code: 'DATABASE_DAMAGED',
    codes: /^(XX001|XX002|58030|EIO)$/,
    words: /invalid page in block|could not read block|(?:i\/o|input\/output) error/i,
    message: "A part of labd's database is damaged and cannot be read",
    remedy: 'whoever runs labd has to go back to a snapshot, or to a backup of the server',
  },
  {
    code: 'DATABASE_OUT_OF_MEMORY',
    codes: /^(53200|53000|53400)$/,
    words: /^out of memory/i,
    message: 'The database has not enough memory for this',
    remedy: 'ask for less at a time, such as a smaller first, or try again later',
  },
  {
    code: 'TOO_MUCH_AT_ONCE',
    codes: /^(08P01|P2029|54\w{3})$/,
    words: /query parameter limit|too many bind variables/i,
    message: 'This is too much for one statement of the database, and nothing was written',
    remedy: 'send it in smaller parts',
  },
];

/** Whether the database could not be reached, was lost on the way, or hung. */
export const isUnavailable = (error: unknown): boolean => named(error) instanceof DatabaseUnavailable;

/** Whether COMMIT may or may not have happened: the server says so itself (40003), or was lost before it answered. */
export const isAmbiguous = (error: unknown): boolean => shows(error, { codes: /^40003$/ }) || isUnavailable(error);

/** Whether Prisma gave a transaction up that got no turn, or ran for too long. */
const isOutOfTime = (error: unknown): boolean => shows(error, { codes: /^P2028$/ });

/** Whether Prisma ended a transaction that ran for too long; its statements were answered until then. */
export const isExpired = (error: unknown): boolean =>
  isOutOfTime(error) && shows(error, { words: /expired transaction|Transaction already closed/ });

/** The fault of a write that was given so many milliseconds, and needed more. */
export const tooMuch = (timeout: number, cause: unknown): DatabaseFault =>
  new DatabaseFault('TOO_MUCH_AT_ONCE', `This took longer than ${timeout / 1000} s, and nothing was written`, {
    cause,
    remedy: 'send it in smaller parts',
  });

/** The same error, or the fault around it that it means. */
export function named(error: unknown): unknown {
  for (const layer of layers(error)) if (layer instanceof DatabaseFault) return layer;
  const row = FAULTS.find((signs) => shows(error, signs));
  if (row !== undefined) return new DatabaseFault(row.code, row.message, { cause: error, remedy: row.remedy });
  if (shows(error, CLOSED_TO_LABD))
    return new DatabaseUnavailable(
      'The database does not let labd in: whoever runs labd has to look whether user, password, database and certificate are still those of DATABASE_URL',
      { cause: error },
    );
  if (!shows(error, UNAVAILABLE)) return error;
  const busy = shows(error, { words: /^timeout exceeded when trying to connect$/ });
  if (busy)
    return new DatabaseUnavailable('The database is too busy: no connection came free in time', { cause: error });
  return new DatabaseUnavailable(
    isOutOfTime(error) ? 'The database did not get to it in time' : 'The database cannot be reached',
    { cause: error },
  );
}

/** The same for an engine in this very process: a transaction without a turn there waits for others, and none is lost. */
export function namedEmbedded(error: unknown): unknown {
  if (!isOutOfTime(error)) return named(error);
  return new DatabaseFault('DATABASE_BUSY', 'The database is busy with other work and did not get to this in time', {
    cause: error,
    remedy: 'nothing was written; try again, and send less at a time',
  });
}
