// labd's one port: GraphQL over HTTP and WebSocket, GraphiQL, health and metrics; from listening to the last answer.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GraphQLSchema } from 'graphql';
import { abortHandshake, allowOrigin, failure as fail, forbid, notNow, refuse, signInFirst, text } from './answers.ts';
import { anonymous, type Caller, type Credentials } from './caller.ts';
import type { RequestContext } from './context.ts';
import { credentialsOf } from './credentials.ts';
import { notHeld, readGrant } from './domain/access/grants.ts';
import { Unauthenticated } from './domain/access/identities.ts';
import { createPresenter } from './errors.ts';
import { Exchange, send, type Reply } from './exchange.ts';
import { LIMITS, type Limits } from './limits/limits.ts';
import { createOriginCheck, type OriginOptions } from './limits/origin.ts';
import { watchStalled } from './limits/stalled.ts';
import { openPages, type Pages } from './graphiql/pages.ts';
import { createHealth, type Ping } from './observe/health.ts';
import type { Log } from './observe/log.ts';
import { createMetrics } from './observe/metrics.ts';
import { Operation, type Backend } from './operation.ts';
import { signInRoutes } from './signin/routes.ts';
import { createSubscriptions } from './subscriptions.ts';
import { createWebSockets, type WebSockets } from './ws.ts';
import { createPipeline, type Pipeline } from './yoga.ts';

export interface HttpOptions extends OriginOptions {
  port: number;
  log: Log;
  /** Where the build put GraphiQL's page; without it the page says how to build it */
  graphiql: string | undefined;
  /** Milliseconds, never going back */
  now: () => number;
  newRequestId: () => string;
  limits?: Partial<Limits>;
}

/** What the port answers with, once the database is open. */
export interface Service {
  schema: GraphQLSchema;
  /** Adds to each operation's context what the schema needs of its own */
  createContext?: (operation: RequestContext) => object;
  backend: Backend;
  /** Who is behind a request's or a connection's credentials. Throws Unauthenticated. */
  identify: (credentials: Credentials) => Promise<Caller>;
  /** Resolves when the database answers */
  ping: Ping;
}

export interface HttpServer {
  readonly url: string;
  readonly port: number;
  /** Until this is called every operation is answered with 503: labd is starting. */
  serve(service: Service): void;
  /** Refuses new operations, lets those in flight finish within `graceMs`, ends subscriptions, closes. */
  stop(graceMs: number): Promise<void>;
}

interface Serving {
  pipeline: Pipeline;
  webSockets: WebSockets;
  backend: Backend;
  identify: Service['identify'];
  routes: ReadonlyMap<string, Handle>;
}

/** What it takes to read /metrics. */
const METRICS_NEED = 'read:*:*:*';
const METRICS = `/metrics takes a token with the permission ${METRICS_NEED}`;

const pathOf = ({ url = '/' }: IncomingMessage): string => {
  const mark = url.indexOf('?');
  return mark < 0 ? url : url.slice(0, mark);
};

const toSignIn = (response: ServerResponse): void => void response.writeHead(302, { location: '/sign-in' }).end();

const SANE_ID = /^[\w.:/+=-]{1,64}$/;
type Handle = (request: IncomingMessage, response: ServerResponse, requestId: string) => void | Promise<void>;

/** Listens. Throws Node's error when the address cannot be had. */
export async function listen(options: HttpOptions): Promise<HttpServer> {
  const { log, now, newRequestId } = options;
  const limits = { ...LIMITS, ...options.limits };
  const checkOrigin = createOriginCheck(options);
  const subscriptions = createSubscriptions();
  const health = createHealth();
  const metrics = createMetrics({
    webSockets: () => serving?.webSockets.size ?? 0,
    subscriptions: () => subscriptions.size,
    databaseUp: health.databaseUp,
  });
  const pages: Pages = openPages(options.graphiql);
  const allowedOrigins = new Set(options.allowedOrigins);
  const inFlight = new Set<ServerResponse>();
  let serving: Serving | undefined;
  let stopping: Promise<void> | undefined;
  const present = createPresenter(log);
  const verbose = log.isLevelEnabled('debug');

  const graphql: Handle = async (request, response, requestId) => {
    if (serving === undefined || stopping !== undefined)
      return notNow(response, requestId, stopping === undefined ? 'starting' : 'stopping');
    const exchange = new Exchange(request, response);
    const { address, agent, ...credentials } = credentialsOf(request);
    const wanted = pages.wanted(request);
    const caller = await serving.identify({ address, ...credentials }).catch((error: unknown) => {
      if (wanted && error instanceof Unauthenticated) return anonymous;
      throw error;
    });
    if (wanted) return caller === anonymous ? toSignIn(response) : pages.show(response);
    const operation = new Operation({
      caller,
      requestId,
      address,
      agent,
      backend: serving.backend,
      waiting: exchange,
      startedAt: now(),
    });
    inFlight.add(response);
    response.once('close', () => inFlight.delete(response));
    const reply = (await serving.pipeline.handle(exchange.asRequest(), operation as never)) as unknown as Reply;
    // A stream is ended by stop() itself: it is not waited for.
    if (typeof reply.body === 'object') inFlight.delete(response);
    if (stopping !== undefined) reply.headers['connection'] = 'close';
    send(response, reply, requestId);
    if (verbose)
      log.debug(
        {
          requestId,
          operation: operation.kind,
          status: reply.status,
          ms: now() - operation.startedAt,
          address: operation.address,
        },
        'Request',
      );
  };
  /** A file of GraphiQL's, for whoever may see GraphiQL. */
  const other: Handle = async (request, response, requestId) => {
    const path = pathOf(request);
    const caller = await serving?.identify(credentialsOf(request)).catch(() => undefined);
    if (caller !== undefined && caller !== anonymous && pages.file(path, request, response)) return;
    text(response, requestId, 404, `Nothing is at ${JSON.stringify(path)}: GraphQL and GraphiQL are at /graphql\n`);
  };
  const routes = new Map<string, Handle>([
    ['/graphql', graphql],
    ['/healthz', (_request, response, requestId) => text(response, requestId, 200, 'ok\n')],
    [
      '/readyz',
      async (_request, response, requestId) => {
        const problem = stopping !== undefined ? 'labd is stopping' : await health.problem();
        text(response, requestId, problem === undefined ? 200 : 503, `${problem ?? 'ok'}\n`);
      },
    ],
    [
      '/metrics',
      async (request, response, requestId) => {
        if (serving === undefined) return notNow(response, requestId, 'starting');
        const caller = await serving.identify(credentialsOf(request));
        if (caller === anonymous) return signInFirst(response, requestId, METRICS);
        if (notHeld(caller.scope, [readGrant(METRICS_NEED)])) return forbid(response, requestId, METRICS);
        text(response, requestId, 200, await metrics.text(), metrics.contentType);
      },
    ],
    ['/', (_request, response) => void response.writeHead(302, { location: '/graphql' }).end()],
  ]);

  const server = createServer(
    { keepAliveTimeout: 65_000, headersTimeout: 20_000, requestTimeout: 30_000 },
    (request, response) => {
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
      const handle = routes.get(path) ?? serving?.routes.get(path) ?? other;
      Promise.resolve(handle(request, response, requestId)).catch((error: unknown) => {
        if (response.headersSent) return void response.destroy();
        if (error instanceof Unauthenticated)
          return signInFirst(response, requestId, `${error.message}: sign in again`);
        const { message, extensions } = present(error, requestId);
        fail(
          response,
          requestId,
          extensions['code'] === 'DATABASE_UNAVAILABLE' ? 503 : 500,
          String(extensions['code']),
          message,
        );
      });
    },
  );
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const refusal = checkOrigin(request);
    if (refusal !== undefined) metrics.refused(refusal.code);
    if (refusal !== undefined) return abortHandshake(socket, refusal.status, refusal.message);
    if (request.url?.split('?', 1)[0] !== '/graphql') return abortHandshake(socket, 404, 'GraphQL is at /graphql');
    if (serving === undefined || stopping !== undefined)
      return abortHandshake(socket, 503, 'labd is starting or stopping');
    serving.webSockets.upgrade(request, socket, head);
  });
  const stalled = watchStalled({ every: limits.stalledEvery, onStalled: metrics.stalled });
  server.on('connection', (socket) => stalled.add(socket));

  const port = await bind(server, options.host, options.port);
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;

  const stop = async (graceMs: number) => {
    const deadline = now() + graceMs;
    while (inFlight.size > 0 && now() < deadline) await closed(inFlight, deadline - now());
    const goodbye = serving?.webSockets.close(Math.max(0, Math.min(1000, deadline - now())));
    subscriptions.endAll();
    const finished = new Promise<void>((resolve) => server.close(() => resolve()));
    await goodbye;
    const cut = setTimeout(() => server.closeAllConnections(), Math.max(100, deadline - now()));
    await finished;
    clearTimeout(cut);
    stalled.stop();
    metrics.clear();
  };

  return {
    url: `http://${host}:${port}/graphql`,
    port,
    serve({ schema, createContext, backend, identify, ping }) {
      const pipeline = createPipeline({ schema, createContext, log, metrics, subscriptions, now, limits });
      const byRequest = (request: IncomingMessage) => identify(credentialsOf(request));
      serving = {
        pipeline,
        backend,
        identify,
        routes: signInRoutes({ backend, identify: byRequest }),
        webSockets: createWebSockets({
          pipeline,
          backend,
          identify,
          present,
          log,
          now,
          newRequestId,
          onStalled: metrics.stalled,
          ...limits,
        }),
      };
      health.watch(ping);
    },
    stop: (graceMs) => (stopping ??= stop(graceMs)),
  };
}

function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Resolves when one of `responses` closes, or after `ms`. */
function closed(responses: Iterable<ServerResponse>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    for (const response of responses) response.once('close', done);
  });
}
