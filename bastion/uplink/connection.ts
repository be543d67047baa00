// One graphql-ws connection to labd: requests and subscriptions on it, until it ends.
import { createClient, type FormattedExecutionResult } from 'graphql-ws/client';
import { WebSocket, type CloseEvent } from 'ws';
import type { TypedDocumentString } from '../generated/documents.ts';
import type { Timings } from './timings.ts';

export interface ConnectionOptions {
  /** labd's address, http(s) or ws(s) */
  url: string;
  token: string | undefined;
  /** What the bastion proves itself with, and what labd is checked against: PEM */
  tls?: { cert: string; key: string; ca: string } | undefined;
  timings: Timings;
  /** Ends it at any moment, also before it is made */
  signal: AbortSignal;
}

export interface Connection {
  /** Resolves to the data; throws OperationFailed when labd answers errors, ConnectionEnded when there is no answer. */
  request<R, V extends Record<string, unknown>>(document: TypedDocumentString<R, V>, variables: V): Promise<R>;
  /** Calls `onNext` with each event; resolves when labd completes it, throws as `request` does. */
  subscribe<R, V extends Record<string, unknown>>(
    document: TypedDocumentString<R, V>,
    variables: V,
    onNext: (data: R) => void,
  ): Promise<void>;
  /** Resolves, with the reason, when the connection has ended in any way. */
  readonly ended: Promise<ConnectionEnded>;
  close(): void;
}

/** The connection could not be made, or ended. */
export class ConnectionEnded extends Error {
  /** labd does not know who is at this end, or does not any more */
  readonly unknown: boolean;

  constructor(message: string, code?: number) {
    super(message);
    this.unknown = code !== undefined && UNKNOWN.has(code);
  }
}

/** The codes with which labd closes on whoever it does not know. */
const UNKNOWN: ReadonlySet<number> = new Set([4401, 4403]);

/** labd answered an operation with errors. */
export class OperationFailed extends Error {
  readonly code: string | undefined;

  constructor(errors: readonly { message: string; extensions?: Record<string, unknown> }[]) {
    super(errors.map(({ message }) => message).join('; '));
    const code = errors[0]?.extensions?.['code'];
    this.code = typeof code === 'string' ? code : undefined;
  }
}

/** Bytes of a message from labd; a page of servers is the largest. */
const MOST_PAYLOAD = 16 * 1024 * 1024;

/** Connects, once. Throws ConnectionEnded. */
export async function connect({ url, token, tls, timings, signal }: ConnectionOptions): Promise<Connection> {
  class Socket extends WebSocket {
    constructor(address: string, protocol: string) {
      super(address, protocol, {
        handshakeTimeout: timings.connect,
        perMessageDeflate: false,
        maxPayload: MOST_PAYLOAD,
        ...tls,
        minVersion: 'TLSv1.2',
      });
      // The client takes its own listener off when it terminates, and an error after that would end the process.
      this.on('error', () => {});
    }
  }
  let ready!: () => void;
  let end!: (reason: ConnectionEnded) => void;
  let over: ConnectionEnded | undefined;
  const isReady = new Promise<void>((resolve) => (ready = resolve));
  const ended = new Promise<ConnectionEnded>((resolve) => {
    end = (reason) => {
      over ??= reason;
      resolve(reason);
    };
  });
  let silence: NodeJS.Timeout | undefined;
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    ...(token === undefined ? {} : { connectionParams: { Authorization: `Bearer ${token}` } }),
    webSocketImpl: Socket,
    lazy: false,
    // A connection is one connection: whoever wants another decides when, and opens its uplink anew.
    retryAttempts: 0,
    onNonLazyError: () => {},
    connectionAckWaitTimeout: timings.connect,
    keepAlive: timings.keepAlive,
    on: {
      connected: () => ready(),
      // The client leaves it to us to notice that a ping stays without an answer.
      ping: (received) => {
        if (!received) silence = setTimeout(() => client.terminate(), timings.pong);
      },
      pong: (received) => {
        if (received) clearTimeout(silence);
      },
      error: (error) => end(new ConnectionEnded(messageOf(error))),
      closed: (event) => {
        clearTimeout(silence);
        const { code, reason } = event as CloseEvent;
        end(new ConnectionEnded(`labd closed the connection: ${code}${reason ? ` ${reason}` : ''}`, code));
      },
    },
  });
  const close = () => {
    clearTimeout(silence);
    end(new ConnectionEnded('The bastion closed the connection'));
    void Promise.resolve(client.dispose()).catch(() => {});
  };

  const subscribe: Connection['subscribe'] = (document, variables, onNext) =>
    new Promise((resolve, reject) => {
      const fail = (error: unknown) => reject(failureOf(error));
      // The client would connect once more for it.
      if (over) return fail(over);
      void ended.then(fail);
      client.subscribe<Parameters<typeof onNext>[0]>(
        { query: document.toString(), variables },
        {
          next: ({ data, errors }: FormattedExecutionResult<Parameters<typeof onNext>[0]>) => {
            if (errors) fail(new OperationFailed(errors));
            else if (data) onNext(data);
          },
          error: fail,
          complete: () => resolve(),
        },
      );
    });

  const request: Connection['request'] = async <R, V extends Record<string, unknown>>(
    document: TypedDocumentString<R, V>,
    variables: V,
  ) => {
    const answers: R[] = [];
    const late = setTimeout(() => client.terminate(), timings.request);
    try {
      await subscribe(document, variables, (data) => answers.push(data));
    } finally {
      clearTimeout(late);
    }
    const [answer] = answers;
    if (answer === undefined) throw new OperationFailed([{ message: 'labd answered nothing' }]);
    return answer;
  };

  let open = false;
  const abort = () => {
    if (open) return close();
    end(new ConnectionEnded('The bastion stops'));
    client.terminate();
  };
  signal.addEventListener('abort', abort, { once: true });
  void ended.then(() => signal.removeEventListener('abort', abort));
  if (signal.aborted) abort();
  const failed = await Promise.race([isReady, ended]);
  if (failed) {
    close();
    throw failed;
  }
  open = true;
  return { request, subscribe, ended, close };
}

function failureOf(error: unknown): Error {
  if (error instanceof ConnectionEnded || error instanceof OperationFailed) return error;
  if (Array.isArray(error)) return new OperationFailed(error as { message: string }[]);
  const { code } = error as { code?: unknown };
  return new ConnectionEnded(messageOf(error), typeof code === 'number' ? code : undefined);
}

/** What a wrong clock makes of labd's certificate. */
const BY_CLOCK = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);

function messageOf(error: unknown): string {
  if (typeof error === 'object' && error !== null) {
    const { message, code, reason } = error as Record<string, unknown>;
    if (typeof message === 'string' && typeof code === 'string' && BY_CLOCK.has(code))
      return `${message}, by the clock of this machine: set it right if it is wrong`;
    if (typeof message === 'string' && message !== '') return message;
    if (typeof code === 'number')
      return `The connection ended: ${code} ${typeof reason === 'string' ? reason : ''}`.trim();
  }
  return 'The connection failed';
}
