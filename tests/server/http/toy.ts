// A small schema with one of each kind of trouble, and a labd port that serves it.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  GraphQLError,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLNonNull,
  GraphQLList,
} from 'graphql';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import type { Sizes } from '../../../schema/base/sizes.ts';
import type { RequestContext } from '../../../schema/base/requestContext.ts';
import { InvalidInput } from '../../../server/domain/errors.ts';
import { Caller, everything } from '../../../server/domain/access/caller.ts';
import type { Authority } from '../../../server/domain/access/authority.ts';
import { listen, type HttpOptions, type HttpServer, type ServiceParts } from '../../../server/http/http.ts';
import { DatabaseUnavailable } from '../../../server/store/errors.ts';
import { realSystem } from '../../../common/system.ts';

export { post } from './post.ts';

/** What the toy's resolvers and the tests tell one another. */
export interface Toy {
  server: HttpServer;
  url: string;
  /** What the log has, newest last */
  logged: Record<string, unknown>[];
  database: { up: boolean };
  /** Streams that were begun and not yet left */
  streams: { open: number; produced: number };
  writes: { count: number };
  /** Slow operations that were begun */
  slow: { begun: number };
  stop(): Promise<void>;
}

export interface ToyOptions extends Partial<Omit<HttpOptions, 'log'>> {
  level?: string;
  serve?: boolean;
  /** Who vouches for labd where it has a TLS port */
  authority?: Authority;
  /** Who is behind credentials; somebody who may do everything when absent */
  identify?: ServiceParts['identify'];
  /** Where documents are looked for that are sent by their hash */
  documents?: ServiceParts['documents'];
}

export async function startToy({
  level = 'debug',
  serve = true,
  authority,
  identify,
  documents,
  ...options
}: ToyOptions = {}): Promise<Toy> {
  const logged: Record<string, unknown>[] = [];
  const toy = {
    logged,
    database: { up: true },
    streams: { open: 0, produced: 0 },
    writes: { count: 0 },
    slow: { begun: 0 },
  };
  const log = pino(
    { level },
    { write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const server = await listen({
    host: '127.0.0.1',
    port: 0,
    allowedHosts: [],
    allowedOrigins: [],
    graphiql: undefined,
    system: realSystem,
    log,
    ...options,
  });
  const ping = async () => {
    if (!toy.database.up) throw new DatabaseUnavailable('The database does not answer');
  };
  const somebody = new Caller({ actor: 'user/somebody', scope: everything });
  // The toy needs none of these: its resolvers close over what they use.
  const backend = {
    database: undefined as never,
    hub: undefined as never,
    throttle: undefined as never,
    authority: authority as never,
    secrets: undefined as never,
    fleet: undefined as never,
    openId: undefined,
  };
  const everybody = () => Promise.resolve(somebody);
  if (serve)
    await server.serve({ schema: toySchema(toy, ping), documents, backend, identify: identify ?? everybody, ping });
  return { ...toy, server, url: server.url, stop: () => server.stop(2000) };
}

const aborted = ({ signal }: RequestContext) =>
  new Promise((resolve) => signal!.addEventListener('abort', resolve, { once: true }));

type Shared = Pick<Toy, 'database' | 'streams' | 'writes' | 'slow'>;

function toySchema(toy: Shared, ping: () => Promise<void>): GraphQLSchema {
  async function* count(to: number, every: number, size: number) {
    toy.streams.open++;
    try {
      for (let n = 1; n <= to; n++) {
        if (every > 0) await sleep(every);
        toy.streams.produced++;
        yield { count: n, padding: 'x'.repeat(size) };
      }
    } finally {
      toy.streams.open--;
    }
  }
  const Tick = new GraphQLObjectType({
    name: 'Tick',
    fields: () => ({ count: { type: GraphQLInt }, padding: { type: GraphQLString }, rows }),
  });
  const string = { type: GraphQLString };
  const JsonValue = new GraphQLScalarType({ name: 'JSON' });
  // A connection, as the cost of an operation is told of it.
  const Row: GraphQLObjectType = new GraphQLObjectType({
    name: 'Row',
    fields: () => ({ n: { type: GraphQLInt }, rows, notes: { type: new GraphQLList(Row), resolve: () => [] } }),
  });
  const rowsOf = (_root: unknown, { first }: { first?: number }) => ({
    nodes: Array.from({ length: Math.min(2, first ?? 2) }, (_, n) => ({ n })),
  });
  const rows = {
    type: new GraphQLObjectType({
      name: 'Rows',
      fields: () => ({
        nodes: { type: new GraphQLList(Row), extensions: { perRow: true } satisfies Sizes },
        total: { type: GraphQLInt },
      }),
    }),
    args: { first: { type: GraphQLInt }, last: { type: GraphQLInt } },
    extensions: { page: { arguments: ['first', 'last'], otherwise: 100 } } satisfies Sizes,
    resolve: rowsOf,
  };
  const By = new GraphQLInputObjectType({ name: 'By', isOneOf: true, fields: { id: string, name: string } });
  return new GraphQLSchema({
    query: new GraphQLObjectType<unknown, RequestContext>({
      name: 'Query',
      fields: {
        hello: {
          ...string,
          args: { name: string },
          resolve: (_root, { name }: { name?: string }) => `hello ${name ?? 'world'}`,
        },
        rows,
        whoami: { ...string, resolve: (_root, _args, { caller }) => caller.actor },
        requestId: { ...string, resolve: (_root, _args, { requestId }) => requestId },
        address: { ...string, resolve: (_root, _args, { address }) => address },
        bug: {
          ...string,
          resolve: () => {
            throw new Error('secret: the password is hunter2');
          },
        },
        mistake: {
          ...string,
          resolve: () => {
            throw new InvalidInput('after', 'This cursor is not one of labd’s', 'Leave it out to begin anew');
          },
        },
        stored: { ...string, resolve: () => ping().then(() => 'stored') },
        refused: {
          ...string,
          resolve: () => {
            throw new GraphQLError('No', { extensions: { code: 'NO' } });
          },
        },
        /** Takes one way of saying which; answers what its type cannot say. */
        chosen: {
          type: GraphQLInt,
          args: { by: { type: new GraphQLNonNull(By) } },
          resolve: () => 'no number',
        },
        slow: {
          ...string,
          args: { ms: { type: new GraphQLNonNull(GraphQLInt) } },
          resolve: (_root, { ms }: { ms: number }) => {
            toy.slow.begun++;
            return sleep(ms).then(() => 'done');
          },
        },
        untilGone: {
          ...string,
          resolve: async (_root, _args, operation) => {
            toy.streams.open++;
            await aborted(operation);
            toy.streams.open--;
            return 'gone';
          },
        },
        echo: {
          type: JsonValue,
          args: { value: { type: JsonValue } },
          resolve: (_root, { value }: { value?: unknown }) => value,
        },
        /** Goes on as loaders do: statement after statement, until it may not. */
        reads: {
          ...string,
          resolve: async (_root, _args, operation) => {
            toy.streams.open++;
            try {
              for (;;) {
                operation.beforeReading();
                await sleep(1);
              }
            } finally {
              toy.streams.open--;
            }
          },
        },
        big: {
          type: new GraphQLList(GraphQLString),
          args: { bytes: { type: new GraphQLNonNull(GraphQLInt) } },
          resolve: (_root, { bytes }: { bytes: number }) => ['x'.repeat(bytes)],
        },
      },
    }),
    mutation: new GraphQLObjectType<unknown, RequestContext>({
      name: 'Mutation',
      fields: {
        write: { type: GraphQLInt, resolve: () => ++toy.writes.count },
        /** Is at work when it is stopped, and asks before it commits. */
        writeLate: {
          type: new GraphQLNonNull(GraphQLInt),
          resolve: async (_root, _args, operation: RequestContext) => {
            operation.beforeWriting();
            await aborted(operation);
            operation.beforeWriting();
            return ++toy.writes.count;
          },
        },
        /** Is committing when it is stopped; what is selected below is read later still. */
        commitLate: {
          type: new GraphQLNonNull(Row),
          resolve: async (_root, _args, operation: RequestContext) => {
            operation.beforeWriting();
            await aborted(operation);
            toy.writes.count++;
            operation.beforeReading();
            return { n: toy.writes.count };
          },
        },
      },
    }),
    subscription: new GraphQLObjectType({
      name: 'Subscription',
      fields: {
        ticks: {
          type: Tick,
          args: {
            to: { type: new GraphQLNonNull(GraphQLInt) },
            every: { type: GraphQLInt, defaultValue: 0 },
            size: { type: GraphQLInt, defaultValue: 0 },
          },
          subscribe: (_root, { to, every, size }: { to: number; every: number; size: number }) =>
            count(to, every, size),
          resolve: (tick: unknown) => tick,
        },
        broken: {
          type: GraphQLInt,
          subscribe: async function* () {
            throw new Error('secret: the stream broke');
          },
        },
      },
    }),
  });
}

/** Opens a WebSocket and sends one operation: its answer, or the code that the connection was closed with. */
export function overWebSocket(url: string, payload: object, headers: Record<string, string> = {}): Promise<unknown> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, 'graphql-transport-ws', { headers });
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
    socket.on('error', () => {});
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    socket.on('close', (code) => resolve(code));
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { type: string; payload: unknown };
      if (message.type === 'connection_ack')
        return socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
      resolve(message.payload);
      socket.terminate();
    });
  });
}
