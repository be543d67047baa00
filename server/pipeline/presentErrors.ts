// Turns errors into what callers may see: errors that they can fix as they are, others masked, with the request id by
// which the log has them whole.
import { GraphQLError, type GraphQLErrorExtensions } from 'graphql';
import { Conflict, Forbidden, InvalidInput, NotFound, UserError } from '../domain/errors.ts';
import { LimitExceeded } from '../limits/exceeded.ts';
import type { Log } from '../observe/log.ts';
import { DatabaseFault, DatabaseUnavailable, type FaultCode } from '../store/errors.ts';
import { named } from '../store/faults.ts';
import { withoutLiteral } from './sentValues.ts';

/** The codes of mistakes that reach the top level: those of queries, which have no union to carry them. */
const USER_CODES: readonly (readonly [abstract new (...args: never[]) => UserError, string])[] = [
  [InvalidInput, 'INVALID_INPUT'],
  [Conflict, 'CONFLICT'],
  [NotFound, 'NOT_FOUND'],
  [Forbidden, 'FORBIDDEN'],
];

/** The status of a fault, and after how many seconds it is worth trying again; without them where it is not. */
const FAULTS: Readonly<Record<FaultCode, { status: number; retryAfter?: number }>> = {
  DATABASE_UNAVAILABLE: { status: 503, retryAfter: 1 },
  DATABASE_BUSY: { status: 503, retryAfter: 2 },
  DATABASE_DAMAGED: { status: 500 },
  DATABASE_OUT_OF_MEMORY: { status: 503, retryAfter: 5 },
  DATABASE_READ_ONLY: { status: 503, retryAfter: 30 },
  DISK_FULL: { status: 507, retryAfter: 30 },
  TOO_MUCH_AT_ONCE: { status: 413 },
  TIMEOUT: { status: 504 },
};

function answerTo(code: FaultCode): GraphQLErrorExtensions {
  const { status, retryAfter } = FAULTS[code];
  if (retryAfter === undefined) return { http: { status } };
  return { retryAfter, http: { status, headers: { 'retry-after': String(retryAfter) } } };
}

/** Turns whatever was thrown into what the caller may see, logging what it hides. */
export type Presenter = (error: unknown, requestId: string) => GraphQLError;

export function createPresenter(log: Log): Presenter {
  return (error, requestId) => {
    const cause = causeOf(error);
    const graphql = cause instanceof GraphQLError ? coded(cause, error as GraphQLError) : undefined;
    if (graphql) return graphql;
    const show = (message: string, extensions: GraphQLErrorExtensions) => located(error, message, extensions);
    if (cause instanceof LimitExceeded) {
      const { code, status, headers, details } = cause;
      const http = headers === undefined ? { status } : { status, headers };
      return show(cause.message, { ...details, code, http });
    }
    if (cause instanceof UserError) {
      const own = cause instanceof Conflict ? cause.code : null;
      const code = own ?? USER_CODES.find(([type]) => cause instanceof type)?.[1] ?? 'REFUSED';
      const extensions: GraphQLErrorExtensions = { code, remedy: cause.remedy };
      if (cause instanceof InvalidInput) extensions['field'] = cause.field;
      if (cause instanceof Forbidden) extensions['permission'] = cause.permission;
      return show(cause.message, extensions);
    }
    if (cause instanceof Error && cause.name === 'AbortError')
      return show('The operation was abandoned', { code: 'ABORTED' });
    const fault = named(cause);
    if (fault instanceof DatabaseFault) {
      const { code, remedy } = fault;
      // Why it cannot be reached may name addresses and paths, which are for the log.
      const message = fault instanceof DatabaseUnavailable ? 'The database cannot be reached' : fault.message;
      log[code === 'DATABASE_DAMAGED' ? 'error' : 'warn'](
        { requestId, code, err: fault },
        'The database failed a request',
      );
      return show(`${message}: ${remedy}`, { code, requestId, ...answerTo(code) });
    }
    log.error(
      {
        requestId,
        err: cause,
        ...(error instanceof GraphQLError && error.path !== undefined ? { path: error.path.join('.') } : {}),
      },
      'Unexpected error',
    );
    return show(`Unexpected error: labd's log has it under the request id ${requestId}`, {
      code: 'INTERNAL_SERVER_ERROR',
      requestId,
      unexpected: true,
    });
  };
}

/**
 * An error of GraphQL's own, with a code to tell it by. Undefined for one without a code that came out of a resolver or
 * out of what makes its value an answer: the document and the variables were right, so it is none of the caller's.
 */
function coded(cause: GraphQLError, error: GraphQLError): GraphQLError | undefined {
  if (typeof error.extensions['code'] === 'string') return located(error, withoutLiteral(error), error.extensions);
  const { source, nodes } = cause;
  if (source !== undefined && nodes === undefined) return withCode(error, 'GRAPHQL_PARSE_FAILED');
  if (error.path !== undefined && nodes === undefined) return undefined;
  return withCode(error, 'BAD_USER_INPUT');
}

const withCode = (error: GraphQLError, code: string): GraphQLError =>
  located(error, withoutLiteral(error), { ...error.extensions, code });

/** The error as it goes over a WebSocket: without what only an HTTP answer needs. Yoga does the same over HTTP. */
export function withoutInternals(error: GraphQLError): GraphQLError {
  // The one error that graphql-ws makes itself: no operation, or none of that name.
  if (error.extensions['code'] === undefined) return withCode(error, 'OPERATION_RESOLUTION_FAILURE');
  if (error.extensions['http'] === undefined && error.extensions['unexpected'] === undefined) return error;
  const { http: _http, unexpected: _unexpected, ...extensions } = error.extensions;
  return located(error, error.message, extensions);
}

function located(error: unknown, message: string, extensions: GraphQLErrorExtensions): GraphQLError {
  if (!(error instanceof GraphQLError)) return new GraphQLError(message, { extensions });
  const { nodes = null, source = null, positions = null, path = null } = error;
  return new GraphQLError(message, { nodes, source, positions, path, extensions });
}

/** What was thrown first, beneath the wrapping that says where in the operation. */
function causeOf(error: unknown): unknown {
  let one = error;
  while (one instanceof GraphQLError && one.originalError !== undefined && one.originalError !== null)
    one = one.originalError;
  return one;
}
