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

/** The engine itself broke (not a statement): end the thread, so that who started it can start it anew. */
function fail(/** @type {unknown} */ error) {
  parentPort?.postMessage({
    type: 'broken',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
  setTimeout(() => process.exit(1), 10);
}

async function openDirectory() {
  const db = await PGlite.create({
    dataDir,
    relaxedDurability: false,
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
 * Queries wait only while the tar is taken in memory; it is packed beside them.
 * A transaction that is open then is in the tar as after a crash: undone when it is opened.
 */
async function snapshot(/** @type {PGlite} */ db, /** @type {string} */ path) {
  const tar = await db.dumpDataDir('none');
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
    await rm(temporary, { force: true });
    throw error;
  }
  await fsync(dirname(path));
}

try {
  const db = await openDirectory();
  const shared = /** @type {any} */ (keepingBatchesWhole(db));
  let taken = '';
  const server = socket === null ? null : new PGLiteSocketServer({ db: shared, path: socket, maxConnections: 1000 });
  await server?.start();
  let last = Promise.resolve();
  parentPort?.on('message', (/** @type {any} */ request) => {
    last = last.then(() => answer(request)).catch(() => {});
  });
  /** @param {{ id: number, op: string, path: string, force: boolean }} request */
  const answer = async ({ id, op, path, force }) => {
    try {
      let done = true;
      if (op === 'snapshot') {
        // Inside somebody's transaction a statement of ours would be part of it (or fail with it).
        for (let n = 0; n < 400 && shared.isInTransaction(); n++) await new Promise((go) => setTimeout(go, 5));
        const at = shared.isInTransaction() ? '' : await position(db);
        done = force || at === '' || at !== taken;
        if (done) await snapshot(db, path);
        taken = at;
      } else if (op === 'close') {
        await server?.stop();
        await db.close();
        if (dataDir !== '') await fsyncTree(dataDir);
      }
      parentPort?.postMessage({ type: 'answer', id, done });
    } catch (error) {
      parentPort?.postMessage({ type: 'answer', id, error: error instanceof Error ? error.message : String(error) });
    }
    if (op === 'close') process.exit(0);
  };
  parentPort?.postMessage({ type: 'ready' });
} catch (error) {
  const code = /** @type {any} */ (error)?.code;
  parentPort?.postMessage({
    type: 'failed',
    code: typeof code === 'string' ? code : null,
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
  setTimeout(() => process.exit(1), 10);
}
