// The thread that PGlite runs in: opens one directory, serves it on a unix socket, makes snapshots of it.
//
// Plain JavaScript on purpose: Node 20 starts a thread from a file that it can read as it is, be it in the checkout
// (tests) or beside the bundle. It imports only packages that stay in node_modules.
import { createWriteStream } from 'node:fs';
import { open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { createGzip } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

/** @type {{ dataDir: string, socket: string | null, seed: string | null, newLog: string | null, verify: boolean }} */
const { dataDir, socket, seed, newLog, verify } = workerData;

/** While a snapshot is taken nobody begins anything: what it holds must be what was counted. */
const pause = { over: /** @type {Promise<void> | undefined} */ (undefined) };

/**
 * pglite-socket queues single protocol messages and keeps one client's together only inside a transaction, yet all
 * clients share PGlite's one unnamed statement: a Bind could meet another client's Parse. So messages are held here
 * until their Sync and then run at once, and while some are held the socket server is told "in a transaction".
 * @param {PGlite} db
 */
function keepingBatchesWhole(db) {
  /** @type {Uint8Array[]} */
  let held = [];
  return new Proxy(db, {
    get(target, key) {
      if (key === 'isInTransaction') return () => held.length > 0 || target.isInTransaction();
      if (key === 'runExclusive') {
        return async (/** @type {() => Promise<unknown>} */ work) => {
          // Whoever is in a transaction ends it first; the next has to wait.
          if (held.length === 0 && !target.isInTransaction()) await pause.over;
          return target.runExclusive(work);
        };
      }
      if (key === 'exec') {
        // What the server runs for a client that is gone: ROLLBACK.
        return async (/** @type {string} */ sql) => {
          held = [];
          return target.isInTransaction() ? target.exec(sql) : [];
        };
      }
      if (key === 'execProtocolRawStream') {
        return async (/** @type {Uint8Array} */ message, /** @type {any} */ options) => {
          held.push(message);
          if (HELD.has(message[0] ?? 0)) return;
          const batch = held.length === 1 ? message : Buffer.concat(held);
          held = [];
          try {
            await target.execProtocolRawStream(batch, options);
          } catch (error) {
            fail(error);
            throw error;
          }
        };
      }
      const value = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Parse, Bind, Describe, Execute, Close: each is followed by others, and by a Sync or a Flush in the end. */
const HELD = new Set(Buffer.from('PBDEC'));

/** Errors of PGlite's file system have a number alone: WASI's. @type {Readonly<Record<number, string>>} */
const CODES = { 2: 'EACCES', 19: 'EDQUOT', 29: 'EIO', 51: 'ENOSPC', 63: 'EPERM', 69: 'EROFS' };

/** @param {unknown} error */
function told(error) {
  if (error instanceof Error) return error.stack ?? error.message;
  const { errno, message } = /** @type {any} */ (error) ?? {};
  return errno === undefined ? String(message ?? error) : `the file system says ${CODES[errno] ?? errno}`;
}

/** The engine itself broke (not a statement): end the thread, so that who started it can start it anew. */
function fail(/** @type {unknown} */ error) {
  parentPort?.postMessage({ type: 'broken', message: told(error) });
  setTimeout(() => process.exit(1), 10);
}

/**
 * For pages of tables. PGlite's default takes more than twice as much, and zeroes it byte by byte before it opens. The kernel
 * keeps the rest of a directory; a database in memory is there already.
 */
const MEMORY = ['-c', `shared_buffers=${dataDir === '' ? '8MB' : '64MB'}`];

async function openDirectory() {
  const db = await PGlite.create({
    dataDir,
    relaxedDurability: false,
    startParams: [...PGlite.defaultStartParams, ...MEMORY],
    // PGlite's own defaults, plus the byte order of strings that every engine of ours has.
    initDbStartParams: ['--allow-group-access', '--encoding', 'UTF8', '--locale=C', '--auth=trust'],
    ...(seed === null ? {} : { loadDataDir: new Blob([await readFile(seed)]) }),
  });
  await db.query('SELECT count(*) FROM pg_class');
  if (verify) await readEverything(db);
  // What was restored is older than what readers have seen: their cursors must not fit it.
  if (newLog !== null) await db.query('UPDATE head SET log_id = $1', [newLog]);
  return db;
}

/** After a power cut pages may be torn; checksums tell, but only of what is read. */
async function readEverything(/** @type {PGlite} */ db) {
  const tables = await db.query(
    "SELECT c.oid::regclass::text AS name FROM pg_class c WHERE c.relkind IN ('r', 'm') AND c.relpersistence = 'p'",
  );
  for (const { name } of /** @type {{ name: string }[]} */ (tables.rows)) {
    await db.query(`SELECT count(t.*) FROM ${name} t`);
  }
}

async function fsync(/** @type {string} */ path) {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** PGlite never calls fsync, so after a clean close the whole directory is made durable here. */
async function fsyncTree(/** @type {string} */ directory) {
  const entries = await readdir(directory, { withFileTypes: true });
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await fsyncTree(path);
    else if (entry.isFile()) await fsync(path);
  }
  await fsync(directory);
}

/** Where the write-ahead log stands: the same place twice means that nothing was written between. */
async function position(/** @type {PGlite} */ db) {
  const { rows } = await db.query('SELECT pg_current_wal_insert_lsn()::text AS at');
  return /** @type {{ at: string }} */ (rows[0]).at;
}

/**
 * What a database holds: the revision of its change log, the end of its seals, and of each table the number of its rows
 * and a sum over their contents.
 */
async function facts(/** @type {PGlite} */ db) {
  const { rows } = await db.query(
    "SELECT c.relname AS name FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1",
  );
  /** @type {Record<string, string>} */
  const tables = {};
  for (const { name } of /** @type {{ name: string }[]} */ (rows)) {
    const found = await db.query(
      `SELECT count(*) || ' ' || coalesce(sum(hash_record_extended(t, 0)::numeric), 0) AS sum FROM "${name}" t`,
    );
    tables[name] = /** @type {{ sum: string }} */ (found.rows[0]).sum;
  }
  const head = 'head' in tables ? await db.query('SELECT rev::text FROM head') : { rows: [] };
  return { revision: /** @type {{ rev: string }[]} */ (head.rows)[0]?.rev ?? '0', tables };
}

/** The first transaction that may not have ended; whether each before it was committed is in the files after this. */
async function settle(/** @type {PGlite} */ db) {
  const { rows } = await db.query('SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS first');
  try {
    await db.query('CHECKPOINT');
  } catch {
    // As on a full disk, where labd opens all the same: then nothing is known to be in the files.
    return 0;
  }
  return Number(/** @type {{ first: string }[]} */ (rows)[0]?.first);
}

/** Milliseconds to wait for the end of a transaction; none of labd's lasts longer. */
const PATIENCE = 30_000;

/**
 * Takes a snapshot, unless nothing was written since the last one. Others wait only while what is there is counted and
 * the tar is taken in memory; it is packed beside them. Resolves to what it holds.
 */
async function snapshot(/** @type {PGlite} */ db, /** @type {any} */ shared, /** @type {any} */ { path, force }) {
  let resume = () => {};
  pause.over = new Promise((resolve) => (resume = resolve));
  /** @type {File | Blob} */
  let tar;
  let held;
  try {
    const until = performance.now() + PATIENCE;
    while (shared.isInTransaction()) {
      if (performance.now() > until) throw new Error('a transaction did not end in time');
      await new Promise((go) => setTimeout(go, 5));
    }
    const at = await position(db);
    if (!force && at === taken) return null;
    held = { ...(await facts(db)), settled: await settle(db) };
    tar = await db.dumpDataDir('none');
    taken = await position(db);
  } finally {
    pause.over = undefined;
    resume();
  }
  await pack(tar, path);
  return held;
}

/** @param {File | Blob} tar @param {string} path */
async function pack(tar, path) {
  const temporary = `${path}.part`;
  try {
    await pipeline(
      Readable.fromWeb(/** @type {any} */ (tar.stream())),
      createGzip({ level: 3 }),
      createWriteStream(temporary, { mode: 0o600 }),
    );
    await fsync(temporary);
    await rename(temporary, path);
  } catch (error) {
    // Half a snapshot would keep the room whose lack may be what broke it off.
    taken = '';
    await rm(temporary, { force: true });
    throw error;
  }
  await fsync(dirname(path));
}

let taken = '';

try {
  const db = await openDirectory();
  // One in memory is tried, and ends.
  const settled = dataDir === '' ? 0 : await settle(db);
  const shared = /** @type {any} */ (keepingBatchesWhole(db));
  const server = socket === null ? null : new PGLiteSocketServer({ db: shared, path: socket, maxConnections: 1000 });
  await server?.start();
  let last = Promise.resolve();
  parentPort?.on('message', (/** @type {any} */ request) => {
    last = last.then(() => answer(request)).catch(() => {});
  });
  /** @param {{ id: number, op: string, path: string, force: boolean }} request */
  const answer = async ({ id, op, path, force }) => {
    try {
      let result = null;
      if (op === 'snapshot') result = await snapshot(db, shared, { path, force });
      else if (op === 'facts') result = await facts(db);
      else if (op === 'close') {
        await server?.stop();
        await db.close();
        if (dataDir !== '') await fsyncTree(dataDir);
      }
      parentPort?.postMessage({ type: 'answer', id, result });
    } catch (error) {
      parentPort?.postMessage({ type: 'answer', id, error: error instanceof Error ? error.message : String(error) });
    }
    if (op === 'close') process.exit(0);
  };
  parentPort?.postMessage({ type: 'ready', settled });
} catch (error) {
  const { code, errno } = /** @type {any} */ (error) ?? {};
  parentPort?.postMessage({
    type: 'failed',
    code: typeof code === 'string' ? code : (CODES[errno] ?? null),
    message: told(error),
  });
  setTimeout(() => process.exit(1), 10);
}
