// labd's ports: plain HTTP for this machine and TLS for everybody, with the same routing behind both; and their shutdown.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { GraphQLSchema } from 'graphql';
import type { System } from '../../common/system.ts';
import type { RequestContext } from '../../schema/base/requestContext.ts';
import { credentialsOf } from '../operation/credentials.ts';
import { createPresenter } from '../pipeline/presentErrors.ts';
import { openPages } from '../graphiql/pages.ts';
import { createGraphql } from './endpoint.ts';
import { LIMITS, type Limits } from '../limits/limits.ts';
import { createOriginCheck, type OriginOptions } from '../../common/browserOrigin.ts';
import { watchStalled } from '../limits/stalled.ts';
import { openListener, TIMES, type Listener } from './listener.ts';
import { isLoopback, isWildcard, ownNames, thisMachine } from './hostNames.ts';
import { createHealth, type Ping } from '../observe/health.ts';
import type { Log } from '../observe/log.ts';
import { createMetrics } from '../observe/metrics.ts';
import { metricsOnly } from './metricsPort.ts';
import type { Backend } from '../operation/operation.ts';
import { createPeerNotes } from '../operation/peer.ts';
import { createRequestIds } from './requestIds.ts';
import { createRouting } from './routing.ts';
import { signInRoutes } from '../signin/routes.ts';
import { refuse } from './responses.ts';
import type { Handle, Serving, State } from './state.ts';
import { createSubscriptions } from '../pipeline/subscriptions.ts';
import { createTlsServer } from './tls.ts';
import { createWebSockets } from '../pipeline/webSockets.ts';
import { createPipeline, type PipelineOptions } from '../pipeline/yoga.ts';

export interface HttpOptions extends OriginOptions {
  /** Of plain HTTP, which only this machine reaches, wherever TLS listens */
  port: number;
  /** Of TLS; without one there is none */
  tlsPort?: number | undefined;
  /** Of metrics alone, without a credential; without one they are on the others, for whoever may read everything */
  metricsPort?: number | undefined;
  log: Log;
  /** Addresses and networks of proxies whose word counts on who calls, and whether over TLS */
  trustedProxies?: readonly string[];
  /** Where the build put GraphiQL's page; without it the page says how to build it */
  graphiql: string | undefined;
  system: System;
  limits?: Partial<Limits>;
}

/** What the ports answer with, once the database is open. */
export interface ServiceParts {
  schema: GraphQLSchema;
  /** Adds to each operation's context what the schema needs of its own */
  createContext?: (operation: RequestContext) => object;
  /** Documents that may be asked for by their hash */
  documents?: PipelineOptions['documents'];
  /** Its authority vouches for labd on the TLS port, and for whoever shows a certificate there */
  backend: Backend;
  identify: Serving['identify'];
  /** Resolves when the database answers */
  ping: Ping;
}

export interface HttpServer {
  readonly url: string;
  readonly port: number;
  /** Undefined where there is no TLS */
  readonly tlsUrl: string | undefined;
  /** Until this is called every operation is answered with 503, and no TLS handshake succeeds: labd is starting. */
  serve(service: ServiceParts): Promise<void>;
  /** Refuses new operations, lets those in flight finish within `graceMs`, ends subscriptions, closes. */
  stop(graceMs: number): Promise<void>;
}

const ORIGIN_WORDS = {
  program: 'labd',
  variables: { hosts: 'LABD_ALLOWED_HOSTS', origins: 'LABD_ALLOWED_ORIGINS' },
};

/** Listens. Throws Node's error when an address cannot be had. */
export async function listen(options: HttpOptions): Promise<HttpServer> {
  const { log, system, host } = options;
  const { elapsed } = system;
  const newRequestId = createRequestIds(system);
  const limits = { ...LIMITS, ...options.limits };
  const subscriptions = createSubscriptions();
  const health = createHealth();
  const state: State = { serving: undefined, stopping: false, inFlight: new Set<ServerResponse>() };
  const metrics = createMetrics({
    webSockets: () => state.serving?.webSockets.size ?? 0,
    subscriptions: () => subscriptions.size,
    databaseUp: health.databaseUp,
  });
  const present = createPresenter(log);
  const pages = openPages(options.graphiql);
  const machine = thisMachine();
  const allowedHosts = [...options.allowedHosts, ...ownNames(host, machine)];
  const checkOwnOrigin = createOriginCheck({ ...options, ...ORIGIN_WORDS, allowedHosts, allowedOrigins: [] });
  const forOwnPages =
    (handle: Handle): Handle =>
    (request, response, requestId) => {
      const refusal = checkOwnOrigin(request);
      return refusal ? refuse(response, requestId, refusal) : handle(request, response, requestId);
    };
  const routing = createRouting({
    state,
    graphql: createGraphql({ state, pages, log, elapsed }),
    pages,
    health,
    metrics,
    notePeer: createPeerNotes(options.trustedProxies ?? []),
    checkOrigin: createOriginCheck({ ...options, ...ORIGIN_WORDS, allowedHosts }),
    allowedOrigins: options.allowedOrigins,
    present,
    newRequestId,
  });
  const stalled = watchStalled({ every: limits.stalledEvery, onStalled: metrics.stalled });
  const watch = (socket: Socket) => stalled.add(socket);

  const plain = createServer(TIMES, routing.request);
  plain.on('upgrade', routing.upgrade).on('connection', watch);
  const tls = createTlsServer({ ...options, machine: thisMachine }, routing.request);
  // The TLS socket is watched and not the one beneath it, which does not know how many bytes wait.
  tls.server.on('upgrade', routing.upgrade).on('secureConnection', watch);

  const listeners: Listener[] = [];
  const closeAll = (graceMs: number) => Promise.all(listeners.map((listener) => listener.close(graceMs)));
  const open = async (...given: Parameters<typeof openListener>) => {
    const listener = await openListener(...given);
    listeners.push(listener);
    return listener;
  };
  const end = () => {
    tls.stop();
    stalled.stop();
    metrics.clear();
  };
  /** One more port; where it cannot be had, the others are given back. */
  const opened = (listener: Promise<Listener>) =>
    listener.catch(async (error: unknown) => {
      await closeAll(0);
      end();
      throw error;
    });
  const { url, port } = await open(plain, {
    scheme: 'http',
    host: isLoopback(host) ? host : '127.0.0.1',
    port: options.port,
  });
  if (options.metricsPort !== undefined) {
    const collected = createServer(TIMES, metricsOnly(metrics, newRequestId)).on('connection', watch);
    await opened(open(collected, { scheme: 'http', host, port: options.metricsPort }));
  }
  const called = isWildcard(host) ? machine.hostname : host;
  const secure =
    options.tlsPort === undefined
      ? undefined
      : await opened(open(tls.server, { scheme: 'https', host, port: options.tlsPort, called }));

  const stop = async (graceMs: number) => {
    state.stopping = true;
    const deadline = elapsed() + graceMs;
    while (state.inFlight.size > 0 && elapsed() < deadline) await closed(state.inFlight, deadline - elapsed());
    const goodbye = state.serving?.webSockets.close(Math.max(0, Math.min(1000, deadline - elapsed())));
    subscriptions.endAll();
    const closing = closeAll(Math.max(100, deadline - elapsed()));
    await goodbye;
    await closing;
    end();
  };
  let stopped: Promise<void> | undefined;

  return {
    url,
    port,
    tlsUrl: secure?.url,
    async serve({ schema, createContext, documents, backend, identify, ping }) {
      const pipeline = createPipeline({
        schema,
        createContext,
        documents,
        log,
        metrics,
        subscriptions,
        elapsed,
        limits,
      });
      const byRequest = (request: IncomingMessage) => identify(credentialsOf(request));
      const onStalled = metrics.stalled;
      const shared = { pipeline, backend, identify };
      state.serving = {
        ...shared,
        routes: signInRoutes({ backend, identify: byRequest, forOwnPages }),
        webSockets: createWebSockets({ ...shared, present, log, elapsed, newRequestId, onStalled, ...limits }),
      };
      health.watch(ping);
      if (secure) await tls.arm(backend.authority);
    },
    stop: (graceMs) => (stopped ??= stop(graceMs)),
  };
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
