// What an error from Prisma, its adapter or pg means: try again, unreachable, or somebody's mistake.
import { DatabaseUnavailable, StatementStopped } from './errors.ts';

interface Faulty {
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

/**
 * Whether the transaction lost against another and may simply be run again. Prisma says so in three ways: P2034 from
 * model calls, P2010 around the adapter's error from raw ones, and from COMMIT the bare adapter's error without a code.
 */
export function isConflict(error: unknown): boolean {
  for (const { code, originalCode, message, kind } of layers(error)) {
    if (code === 'P2034' || kind === 'TransactionWriteConflict') return true;
    if (isConflictState(code) || isConflictState(originalCode)) return true;
    if (typeof message === 'string' && /restart transaction/i.test(message)) return true;
  }
  return false;
}

const isConflictState = (code: unknown) => code === '40001' || code === '40P01';

/** Whether COMMIT may or may not have happened: the server says so itself (40003), or was lost before it answered. */
export function isAmbiguous(error: unknown): boolean {
  for (const { code, originalCode } of layers(error)) if (code === '40003' || originalCode === '40003') return true;
  return isUnavailable(error);
}

const UNREACHABLE_CODE =
  /^(P1001|P1002|P1008|P1017|ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EPIPE|ENOENT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|08\w{3}|57P0[1-4]|53300)$/;
const UNREACHABLE_KIND = /^(DatabaseNotReachable|ConnectionClosed|SocketTimeout|TooManyConnections)$/;
const UNREACHABLE_TEXT =
  /Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying to connect|Query read timeout|connect E[A-Z]+|Can't reach database server|Server has closed the connection|Cannot use a pool after calling end/i;

/** Whether the database could not be reached, or was lost on the way. */
export function isUnavailable(error: unknown): boolean {
  for (const layer of layers(error)) {
    if (layer instanceof DatabaseUnavailable) return true;
    const { code, originalCode, kind, message } = layer;
    if ([code, originalCode].some((one) => typeof one === 'string' && UNREACHABLE_CODE.test(one))) return true;
    if (typeof kind === 'string' && UNREACHABLE_KIND.test(kind)) return true;
    if (typeof message === 'string' && UNREACHABLE_TEXT.test(message)) return true;
  }
  return false;
}

/** Whether the database stopped the statement, on its own because of statement_timeout, or because somebody told it to. */
function isStopped(error: unknown): boolean {
  for (const { code, originalCode } of layers(error)) if (code === '57014' || originalCode === '57014') return true;
  return false;
}

/** The same error, or DatabaseUnavailable or StatementStopped around it when that is what it means. */
export function named(error: unknown): unknown {
  if (error instanceof DatabaseUnavailable || error instanceof StatementStopped) return error;
  if (isStopped(error)) return new StatementStopped('The database stopped a statement', { cause: error });
  if (!isUnavailable(error)) return error;
  const busy = [...layers(error)].some(({ message }) => message === 'timeout exceeded when trying to connect');
  return new DatabaseUnavailable(
    busy ? 'The database is too busy: no connection came free in time' : 'The database cannot be reached',
    { cause: error },
  );
}
