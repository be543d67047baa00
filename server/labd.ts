// Puts labd together: the ports, the database, the hub that follows its change log, and the graph.
import { createContext, documentByHash, schema } from '../schema/index.ts';
import known from './generated/documents.json' with { type: 'json' };
import type { Credentials } from './domain/access/caller.ts';
import { ensureAdministrator } from './domain/access/administrator.ts';
import { encryptAuthorities, openAuthority } from './domain/access/authorities.ts';
import { Callers } from './domain/access/callers.ts';
import { OpenId, type OpenIdSettings } from './domain/access/openid.ts';
import { ensureProfiles } from './domain/fleet/profiles/ensure.ts';
import { ensureRoles } from './domain/access/roles.ts';
import { sweepSessions } from './domain/access/session.ts';
import { createThrottle } from './domain/access/throttle.ts';
import { type KeySource, loadKeyring } from './domain/secrets/loadKeyring.ts';
import { openSecrets } from './domain/secrets/secrets.ts';
import { thisMachine } from './http/hostNames.ts';
import { forgetUsedIdTokens } from './domain/access/usedIdTokens.ts';
import { listen, type HttpOptions } from './http/http.ts';
import { Fleet } from './domain/fleet/uplink/fleet.ts';
import { LIMITS } from './limits/limits.ts';
import type { Database, Retention } from './store/types.ts';
import { databaseClock } from './store/databaseClock.ts';
import { openDatabase, type DatabaseOptions } from './store/database.ts';
import { keepRetaining } from './store/retention.ts';
import { keepSealing } from './store/sealing.ts';
import { Hub } from './stream/hub.ts';

export interface LabdOptions extends HttpOptions {
  /** The embedded database's directory, unless there is a `databaseUrl` */
  data: string;
  databaseUrl: string | undefined;
  /** The folder of migrations */
  migrations: string;
  /** A packed directory that a first embedded start begins from */
  seed: string | null;
  /** Where the first administrator's token is left */
  adminToken: string;
  /** Make another, because that is lost */
  newAdminToken?: boolean;
  /** The key that secrets are encrypted with; without it the authority's own lies unencrypted, and no others are stored */
  key?: KeySource | undefined;
  /** The OpenID Connect provider that vouches for people */
  openId?: OpenIdSettings | undefined;
  /** For how long changes are kept */
  retention?: Retention;
  /** Milliseconds that certificates of bastions and agents are good for */
  certificateLife?: number | undefined;
  /** For tests: another client, a count of statements, snapshots at other times */
  database?: Partial<DatabaseOptions>;
}

export interface Labd {
  /** Of GraphQL */
  readonly url: string;
  readonly port: number;
  /** Of GraphQL, over TLS; undefined where there is none */
  readonly tlsUrl: string | undefined;
  /** Lets what is in flight finish, ends streams, closes the database. Takes a few seconds at most; may be called twice. */
  stop(): Promise<void>;
}

/** Milliseconds that operations in flight have to finish. */
const GRACE = 5000;
/** Milliseconds between two looks for sessions that have ended. */
const SWEEP_EVERY = 3_600_000;

/** Milliseconds past the limit on operations at which the database stops a statement: nobody waits for it any more. */
const PAST_LIMIT = 1000;

/**
 * Starts labd; resolves when it is ready. The ports are taken first, so that health is answered while the database opens.
 * Throws Node's error about the address, KeyUnusable, KeyRefused, SecretDamaged, AuthorityDamaged, TokenFileUnusable, or what
 * openDatabase throws.
 */
export async function startLabd(options: LabdOptions): Promise<Labd> {
  const { log, data, databaseUrl, migrations, seed } = options;
  /** What ends what was begun, the last first */
  const endings: (() => unknown)[] = [];
  const end = async () => {
    for (const ending of endings.splice(0).reverse()) await ending();
  };
  const keyring = await loadKeyring(options.key);
  let fleet: Fleet | undefined;
  const clock = databaseClock(options.system, log, (before) => fleet?.leapFrom(before));
  const { system } = clock;
  const server = await listen({ ...options, system });
  try {
    const database = await openDatabase({
      ...(databaseUrl === undefined ? { data } : { url: databaseUrl }),
      migrations,
      seed,
      logger: log,
      system,
      retention: options.retention,
      statementTimeout: (options.limits?.timeLimit ?? LIMITS.timeLimit) + PAST_LIMIT,
      ...options.database,
    });
    endings.push(() => database.close());
    await clock.begin(database);
    const secrets = await openSecrets(database, { keyring, adopt: encryptAuthorities });
    await ensureRoles(database);
    for (const profile of await ensureProfiles(database))
      log.warn(
        { profile },
        'A profile of this name comes with labd now, and one of your own has it: rename that to get it',
      );
    const { adminToken: file, newAdminToken: anew = false } = options;
    await ensureAdministrator(database, { file, host: thisMachine().hostname, anew });
    const { certificateLife } = options;
    const authority = await openAuthority(database, secrets, certificateLife === undefined ? {} : { certificateLife });
    endings.push(() => authority.close());
    const callers = new Callers(database);
    endings.push(() => callers.close());
    const hub = new Hub({
      database,
      logger: log,
      beforeSubscribers: async (changes) => {
        await authority.follow(changes);
        await callers.follow(changes);
      },
      afterLoss: async () => {
        await authority.reload();
        await callers.refresh();
      },
    });
    await hub.start();
    // It may have been replaced before the log was followed.
    await authority.reload();
    endings.push(() => hub.close());
    const running = new Fleet(database, {}, secrets);
    running.start();
    endings.push(() => running.close());
    fleet = running;
    const sealing = keepSealing(database, clock.follow);
    endings.push(() => sealing.stop());
    const retaining = keepRetaining(database);
    endings.push(() => retaining.stop());
    const sweeping = setInterval(() => forgetSessions(database), SWEEP_EVERY).unref();
    endings.push(() => clearInterval(sweeping));
    const openId = options.openId && new OpenId(options.openId, system);
    const throttle = createThrottle(system.elapsed);
    const backend = { database, hub, fleet: running, throttle, authority, secrets, openId };
    const identify = (credentials: Credentials) => callers.identify(credentials);
    const ping = async () => {
      await database.ping();
      if (hub.gap) throw hub.gap;
    };
    const documents = { known, find: documentByHash };
    await server.serve({ schema, createContext, documents, backend, identify, ping });
    const { url, port, tlsUrl } = server;
    const where = databaseUrl === undefined ? { data } : {};
    log.info({ url, tlsUrl, engine: database.engine, ...where }, 'labd is ready');
    const stop = async () => {
      log.info('labd is stopping');
      await server.stop(GRACE);
      await end();
      log.info('labd has stopped');
    };
    let stopped: Promise<void> | undefined;
    return { url, port, tlsUrl, stop: () => (stopped ??= stop()) };
  } catch (error) {
    await server.stop(0);
    await end();
    throw error;
  }
}

/** What has ended is worth nothing already: that its rows stay for another hour does no harm. */
function forgetSessions(database: Database): void {
  Promise.all([sweepSessions(database), forgetUsedIdTokens(database)]).catch((error: unknown) =>
    database.logger.warn({ reason: (error as Error).message }, 'Sessions that have ended cannot be removed now'),
  );
}
