// The connection pool that everything of labd's goes through, and the Prisma client on top of it.
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { createTextCache } from '../../common/textCache.ts';
import { PrismaClient } from './generated/client.ts';

/** A class of pg's shape; tests put one here that behaves like another engine. */
export type ClientClass = typeof pg.Client;

export interface ConnectOptions {
  /** A connection string, or the embedded engine's socket. */
  target: { url: string } | { host: string; port: number };
  /** Connections at most. */
  size: number;
  /** Milliseconds after which the server stops a statement. Default 0: never. */
  statementTimeout?: number;
  /** Called with the text of each statement as it is sent, transaction control included. */
  onStatement?: ((sql: string) => void) | undefined;
  Client?: ClientClass | undefined;
  /** An idle connection was lost; the pool opens another when it is needed. */
  onLost(error: Error): void;
}

/** Milliseconds to wait for a connection: a database that is gone must not hold callers up. */
const CONNECTING = 3_000;

/** A pool; it connects when first used. */
export function openPool(options: ConnectOptions): pg.Pool {
  const { target, size, statementTimeout = 0, onStatement, Client = pg.Client, onLost } = options;
  const where =
    'url' in target ? { connectionString: target.url } : { ...target, user: 'postgres', database: 'postgres' };
  const pool = new pg.Pool({
    ...where,
    max: size,
    connectionTimeoutMillis: CONNECTING,
    keepAlive: true,
    ...(statementTimeout > 0 ? { statement_timeout: statementTimeout } : {}),
    application_name: 'labd',
    Client: onStatement === undefined ? Client : withStatementHook(Client, onStatement),
  });
  pool.on('error', onLost);
  return pool;
}

/**
 * Prisma over the pool; closing it leaves the pool open. A transaction that is given an isolation level is one that
 * only reads (see transaction.ts): it begins as that in one statement, where the adapter and we would send three.
 */
export function openPrisma(pool: pg.Pool, onLost: (error: Error) => void, prepared: boolean): PrismaClient {
  const names = prepared ? { statementNameGenerator: statementNames() } : {};
  const factory = new PrismaPg(pool, { onConnectionError: onLost, ...names });
  const connect = async () => {
    const adapter = await factory.connect();
    const start = adapter.startTransaction;
    adapter.startTransaction = (level) => {
      if (level === undefined) return start.call(adapter);
      const client = {
        connect: async () => beginningWith(await pool.connect(), `BEGIN ISOLATION LEVEL ${level} READ ONLY`),
      };
      return start.call(Object.create(adapter, { client: { value: client } }) as typeof adapter);
    };
    return adapter;
  };
  return new PrismaClient({
    adapter: Object.assign(Object.create(factory) as PrismaPg, { connect }),
    errorFormat: 'minimal',
    queryPlanCacheMaxSize: PLANS,
  });
}

/** How many plans Prisma keeps, of queries that differ in more than their values; its own bound is a thousand. */
const PLANS = 256;

/** How many statements each connection keeps prepared, and of how many characters together; memory of the server's. */
const PREPARED = { entries: 300, characters: 1_000_000 };

/**
 * Names statements, so that the server parses and plans each once per connection: planning a nested query takes it
 * longer than running it. Only those seen twice get a name, and only so many; a list of values of another length is
 * another statement, so long ones get none.
 */
function statementNames(): (query: { sql: string }) => string {
  const names = new Map<string, string>();
  let characters = 0;
  const once = createTextCache<true>({ entries: 10 * PREPARED.entries, characters: PREPARED.characters });
  // The adapter's type wants a name always; without one the statement is prepared for once, which is meant here.
  const unnamed = undefined as unknown as string;
  return ({ sql }) => {
    if (sql.includes('$17')) return unnamed;
    const name = names.get(sql);
    if (name !== undefined || names.size === PREPARED.entries) return name ?? unnamed;
    if (characters + sql.length > PREPARED.characters) return unnamed;
    if (!once.get(sql)) {
      once.set(sql, true);
      return unnamed;
    }
    characters += sql.length;
    names.set(sql, `lab${names.size}`);
    return names.get(sql)!;
  };
}

/** The connection, whose next statement (the adapter's BEGIN) is replaced. */
function beginningWith(connection: pg.PoolClient, begin: string): pg.PoolClient {
  connection.query = ((statement: pg.QueryConfig) => {
    delete (connection as { query?: unknown }).query;
    // Not under the name that the adapter's own BEGIN may have been given.
    const { name: _, ...unnamed } = statement;
    return connection.query({ ...unnamed, text: begin });
  }) as typeof connection.query;
  return connection;
}

/** Every way to a statement, Prisma's and raw, ends in the client's query(). */
function withStatementHook(Base: ClientClass, onStatement: (sql: string) => void): ClientClass {
  class Watched extends Base {
    // pg declares a dozen forms of query(); all of them begin with the text or an object that has it.
    override query(...args: unknown[]): never {
      const [first] = args as [string | { text?: string }];
      onStatement(typeof first === 'string' ? first : (first.text ?? ''));
      return (super.query as (...all: unknown[]) => never)(...args);
    }
  }
  return Watched;
}
