// Routes requests: refuses foreign origins, finds the handler of a path, and answers when that fails.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  abortHandshake,
  allowOrigin,
  failure,
  forbid,
  notServingResponse,
  refuse,
  signInFirst,
  text,
} from './responses.ts';
import { anonymous } from '../domain/access/caller.ts';
import { credentialsOf } from '../operation/credentials.ts';
import { notHeld, readGrant } from '../domain/grants.ts';
import { Unauthenticated } from '../domain/access/callers.ts';
import type { Presenter } from '../pipeline/presentErrors.ts';
import type { Pages } from '../graphiql/pages.ts';
import type { createOriginCheck } from '../../common/browserOrigin.ts';
import { readiness, type createHealth } from '../observe/health.ts';
import type { Metrics } from '../observe/metrics.ts';
import { notServing, type Handle, type State } from './state.ts';

export interface RoutingOptions {
  state: State;
  graphql: Handle;
  pages: Pages;
  health: ReturnType<typeof createHealth>;
  metrics: Metrics;
  /** Notes on a request who is at its other end */
  notePeer: (request: IncomingMessage) => void;
  checkOrigin: ReturnType<typeof createOriginCheck>;
  /** Origins whose pages may read answers */
  allowedOrigins: readonly string[];
  present: Presenter;
  newRequestId: () => string;
}

export interface Routing {
  request(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** The permission to read /metrics. */
const METRICS_NEED = 'read:*:*:*';
const METRICS = `/metrics takes a token with the permission ${METRICS_NEED}`;

const SANE_ID = /^[\w.:/+=-]{1,64}$/;

const pathOf = ({ url = '/' }: IncomingMessage): string => {
  const mark = url.indexOf('?');
  return mark < 0 ? url : url.slice(0, mark);
};

/** The same for every port. */
export function createRouting(options: RoutingOptions): Routing {
  const { state, pages, health, metrics, notePeer, checkOrigin, present, newRequestId } = options;
  const allowedOrigins = new Set(options.allowedOrigins);

  /** A file of GraphiQL's, for whoever may see GraphiQL. */
  const other: Handle = async (request, response, requestId) => {
    const path = pathOf(request);
    const caller = await state.serving?.identify(credentialsOf(request)).catch(() => undefined);
    if (caller !== undefined && caller !== anonymous && pages.file(path, request, response)) return;
    text(response, requestId, 404, `Nothing is at ${JSON.stringify(path)}: GraphQL and GraphiQL are at /graphql\n`);
  };
  const ready: Handle = async (_request, response, requestId) => {
    const problem = state.stopping ? 'labd is stopping' : await health.problem();
    const said = readiness(problem, state.serving?.backend.database);
    text(response, requestId, problem === undefined ? 200 : 503, said);
  };
  const measured: Handle = async (request, response, requestId) => {
    if (state.serving === undefined) return notServingResponse(response, requestId, 'starting');
    const caller = await state.serving.identify(credentialsOf(request));
    if (caller === anonymous) return signInFirst(response, requestId, METRICS);
    if (notHeld(caller.scope, [readGrant(METRICS_NEED)])) return forbid(response, requestId, METRICS);
    text(response, requestId, 200, await metrics.text(), metrics.contentType);
  };
  const routes = new Map<string, Handle>([
    ['/graphql', options.graphql],
    ['/healthz', (_request, response, requestId) => text(response, requestId, 200, 'ok\n')],
    ['/readyz', ready],
    ['/metrics', measured],
    ['/', (_request, response) => void response.writeHead(302, { location: '/graphql' }).end()],
  ]);

  const failed = (response: ServerResponse, requestId: string, error: unknown): void => {
    if (response.headersSent) return void response.destroy();
    if (error instanceof Unauthenticated) return signInFirst(response, requestId, `${error.message}: sign in again`);
    const { message, extensions } = present(error, requestId);
    const { status = 500, headers } = (extensions['http'] ?? {}) as {
      status?: number;
      headers?: Record<string, string>;
    };
    failure(response, requestId, status, String(extensions['code']), message, headers);
  };

  return {
    request(request, response) {
      notePeer(request);
      const given = request.headers['x-request-id'];
      const requestId = typeof given === 'string' && SANE_ID.test(given) ? given : newRequestId();
      const refusal = checkOrigin(request);
      if (refusal !== undefined) {
        metrics.refused(refusal.code);
        return refuse(response, requestId, refusal);
      }
      const { origin } = request.headers;
      if (origin !== undefined && allowedOrigins.has(origin)) {
        allowOrigin(response, origin);
        if (request.method === 'OPTIONS') return void response.writeHead(204).end();
      }
      const path = pathOf(request);
      const handle = routes.get(path) ?? state.serving?.routes.get(path) ?? other;
      Promise.resolve(handle(request, response, requestId)).catch((error: unknown) =>
        failed(response, requestId, error),
      );
    },
    upgrade(request, socket, head) {
      notePeer(request);
      socket.on('error', () => socket.destroy());
      const refusal = checkOrigin(request);
      if (refusal !== undefined) metrics.refused(refusal.code);
      if (refusal !== undefined) return abortHandshake(socket, refusal.status, refusal.message);
      if (pathOf(request) !== '/graphql') return abortHandshake(socket, 404, 'GraphQL is at /graphql');
      if (state.serving === undefined || state.stopping)
        return abortHandshake(socket, 503, `labd is ${notServing(state)}`);
      state.serving.webSockets.upgrade(request, socket, head);
    },
  };
}
