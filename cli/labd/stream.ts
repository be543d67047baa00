// Subscriptions over graphql-ws. Loaded only by commands that follow something.
import { type Client as SocketClient, createClient, type FormattedExecutionResult } from 'graphql-ws';
import { WebSocket } from 'ws';
import {
  type Asked,
  authorityOf,
  distrusted,
  failed,
  type GraphQLErrorBody,
  refused,
  showQuery,
  unreachable,
  whyOf,
} from './http.ts';
import type { Target } from './target.ts';

/** A connection that could not be made, or was cut: worth another try, unlike an answer that says no. */
export class Cut extends Error {}

/** A socket that knows by which authority to know labd. */
function socketFor(target: Target): typeof WebSocket {
  const ca = authorityOf(target);
  return class extends WebSocket {
    constructor(address: string, protocols: string[]) {
      super(address, protocols, ca);
    }
  } as typeof WebSocket;
}

function openSocket(target: Target): SocketClient {
  const { url, token } = target;
  return createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: socketFor(target),
    retryAttempts: 0,
    keepAlive: 10_000,
    ...(token ? { connectionParams: { Authorization: `Bearer ${token}` } } : {}),
  });
}

async function explain(error: unknown, target: Target): Promise<Error> {
  if (Array.isArray(error)) return failed(error as GraphQLErrorBody[]);
  const event = error as { reason?: string; code?: number; error?: Error; message?: string };
  const status = Number(/^Unexpected server response: (\d+)$/.exec(event.error?.message ?? '')?.[1]);
  if (status === 401 || status === 403) return refused(target, status);
  if (event.code === 4401) return refused(target, 401, event.reason);
  if (status === 503) return new Cut('it is starting or stopping (HTTP 503)');
  if (status) return new Cut(`what answers there is not labd (HTTP ${status})`);
  const distrust = event.error && (await distrusted(target, event.error));
  if (distrust) return distrust;
  return new Cut(
    event.error ? whyOf(event.error) : event.reason || event.message || `the connection was cut (${event.code ?? '?'})`,
  );
}

/** Follows a subscription over one connection. Throws Cut when that ends, CliError when labd says no. */
export async function* follow(
  target: Target,
  asked: Asked,
  signal: AbortSignal,
): AsyncGenerator<FormattedExecutionResult<Record<string, unknown>, unknown>> {
  if (target.showQuery) await showQuery(target, asked);
  const { query, variables, operationName } = asked;
  const socket = openSocket(target);
  const results = socket.iterate({ query, variables: { ...variables }, ...(operationName ? { operationName } : {}) });
  const stop = () => void socket.dispose();
  signal.addEventListener('abort', stop);
  try {
    for await (const result of results) yield result;
  } catch (error) {
    if (!signal.aborted) throw await explain(error, target);
  } finally {
    signal.removeEventListener('abort', stop);
    await socket.dispose();
  }
  if (!signal.aborted) throw new Cut('labd ended the stream');
}

/** What to say when labd was never there. */
export const away = (target: Target, error: Cut): Error => unreachable(target, error.message);
