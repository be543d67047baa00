// Operations over WebSockets, in the graphql-transport-ws protocol, through the same pipeline as those over HTTP.
import { setMaxListeners } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { DocumentNode, ExecutionArgs, ExecutionResult, GraphQLError, GraphQLSchema } from 'graphql';
import { CloseCode, handleProtocols, makeServer, type Context } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { anonymous, type Caller, type Credentials } from '../domain/access/caller.ts';
import { credentialsOf } from '../operation/credentials.ts';
import { Unauthenticated } from '../domain/access/callers.ts';
import { LongTexts } from './longAnswers.ts';
import { withoutInternals, type Presenter } from './presentErrors.ts';
import { LimitExceeded } from '../limits/exceeded.ts';
import { createSendLimit } from '../limits/sending.ts';
import type { Log } from '../observe/log.ts';
import { Operation, type Backend } from '../operation/operation.ts';
import type { Pipeline } from './yoga.ts';

export interface WebSocketOptions {
  pipeline: Pipeline;
  backend: Backend;
  /** Who is behind a connection's credentials. Throws Unauthenticated. */
  identify: (credentials: Credentials) => Promise<Caller>;
  present: Presenter;
  log: Log;
  elapsed: () => number;
  newRequestId: () => string;
  /** Bytes of one message at most */
  maxBytes: number;
  /** Operations at once on one connection */
  maxOperations: number;
  /** Bytes that may wait for a peer that does not read; past them the connection is cut */
  maxWaiting: number;
  /** Milliseconds between pings; a peer that answers none until the next is cut */
  keepAlive: number;
  /** A connection was cut because its peer does not read */
  onStalled: () => void;
}

export interface WebSockets {
  readonly size: number;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Tells every peer that labd goes away (1001: clients reconnect by themselves), and cuts those that do not answer. */
  close(graceMs: number): Promise<void>;
}

/** A connection and its author, who is known once it is initialised. */
interface Connection {
  request: IncomingMessage;
  caller: Caller | undefined;
  aborter: AbortController;
  readonly longTexts: LongTexts;
  /** Ends the connection: its caller is not, or no longer, known */
  refuse(why: string): void;
}

type Enveloped = ReturnType<Pipeline['getEnveloped']>;
interface Arguments extends ExecutionArgs {
  enveloped: Enveloped;
}

export function createWebSockets(options: WebSocketOptions): WebSockets {
  const { log, maxBytes, keepAlive } = options;
  const protocol = createProtocol(options);
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: maxBytes,
    handleProtocols,
    clientTracking: true,
    perMessageDeflate: false,
  });
  const silent = new WeakSet<WebSocket>();
  const pinging = setInterval(() => {
    for (const socket of server.clients) {
      if (silent.has(socket)) socket.terminate();
      else {
        silent.add(socket);
        socket.ping();
      }
    }
  }, keepAlive).unref();
  const accept = (socket: WebSocket, request: IncomingMessage) => {
    const aborter = new AbortController();
    setMaxListeners(0, aborter.signal);
    socket.on('pong', () => silent.delete(socket));
    socket.on('error', (error) => log.debug({ err: error }, 'A WebSocket failed'));
    const send = createSendLimit(socket, options.maxWaiting, options.onStalled);
    const longTexts = new LongTexts();
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (message) => send(longTexts.fill(message)),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) =>
          socket.on('message', (data: Buffer) => {
            silent.delete(socket);
            handle(data.toString()).catch((error: unknown) => {
              log.error({ err: error }, 'A WebSocket message could not be handled');
              socket.close(CloseCode.InternalServerError, 'Internal server error');
            });
          }),
      },
      {
        request,
        caller: undefined,
        aborter,
        longTexts,
        refuse: (why) => socket.close(CloseCode.Unauthorized, why.slice(0, 120)),
      },
    );
    socket.once('close', (code, reason) => {
      aborter.abort();
      closed(code, reason.toString()).catch((error: unknown) =>
        log.error({ err: error }, 'A WebSocket could not be cleaned up'),
      );
    });
  };
  return {
    get size() {
      return server.clients.size;
    },
    upgrade: (request, socket, head) => server.handleUpgrade(request, socket, head, accept),
    async close(graceMs) {
      clearInterval(pinging);
      const sockets = [...server.clients];
      const gone = Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
      for (const socket of sockets) socket.close(1001, 'labd is stopping');
      const cut = setTimeout(() => sockets.forEach((socket) => socket.terminate()), graceMs);
      await gone;
      clearTimeout(cut);
    },
  };
}

function createProtocol(options: WebSocketOptions) {
  const { pipeline, backend, identify, present, elapsed, newRequestId, maxOperations } = options;
  const formatted = (errors: readonly GraphQLError[]) => errors.map((error) => withoutInternals(error).toJSON());
  const run = async (how: 'execute' | 'subscribe', args: ExecutionArgs) => {
    try {
      return (await (args as Arguments).enveloped[how](args)) as ExecutionResult;
    } catch (error) {
      return { errors: [present(error, (args.contextValue as Operation).requestId)] };
    }
  };
  return makeServer<Record<string, unknown>, Connection>({
    async onConnect({ extra, connectionParams }) {
      try {
        const caller = await identify(credentialsOf(extra.request, connectionParams));
        if (caller === anonymous) throw new Unauthenticated('Sign in first: send a token in connectionParams');
        extra.caller = caller;
        const stop = caller.onEnd(() => extra.refuse(caller.ended!));
        extra.aborter.signal.addEventListener('abort', stop, { once: true });
        return true;
      } catch (error) {
        if (!(error instanceof Unauthenticated)) throw error;
        extra.refuse(error.message);
        return false;
      }
    },
    async onSubscribe(context, id, payload) {
      const operation = open(context, id);
      try {
        if (Object.keys(context.subscriptions).length > maxOperations) throw tooMany(maxOperations);
        const enveloped = pipeline.getEnveloped(operation as never);
        const document = enveloped.parse(payload.query) as DocumentNode;
        const errors = enveloped.validate(enveloped.schema, document) as readonly GraphQLError[];
        if (errors.length > 0) return errors.map((error) => present(error, operation.requestId));
        const schema: GraphQLSchema = enveloped.schema as never;
        const args: Arguments = {
          schema,
          document,
          operationName: payload.operationName,
          variableValues: payload.variables,
          contextValue: await enveloped.contextFactory(),
          rootValue: undefined,
          enveloped,
        };
        return args;
      } catch (error) {
        return [present(error, operation.requestId)];
      }
    },
    execute: (args) => run('execute', args),
    subscribe: (args) => run('subscribe', args),
    onNext({ extra }, _id, _payload, { contextValue }, result) {
      const { errors } = result;
      const standIn = extra.longTexts.standIn(result, (contextValue as Operation).requestId);
      if (standIn === undefined && errors === undefined) return;
      const data = (standIn ?? result.data ?? null) as Record<string, unknown> | null;
      return errors === undefined ? { data } : { data, errors: formatted(errors) };
    },
    onError: (_context, _id, _payload, errors) => formatted(errors),
  });

  function open(context: Context<Record<string, unknown>, Connection>, id: string): Operation {
    const { request, caller, aborter } = context.extra;
    const { address, agent } = credentialsOf(request);
    return new Operation({
      caller: caller!,
      requestId: newRequestId(),
      address,
      agent,
      backend,
      waiting: {
        // A peer that completes an operation, or closes, takes it off the list.
        get gone() {
          return !(id in context.subscriptions);
        },
        signal: aborter.signal,
      },
      startedAt: elapsed(),
    });
  }
}

function tooMany(maxOperations: number): LimitExceeded {
  return new LimitExceeded({
    code: 'TOO_MANY_OPERATIONS',
    status: 429,
    message: `This connection has ${maxOperations.toLocaleString('en')} operations open already: complete some, or open another connection`,
  });
}
