// Makes the next migration: what is between prisma/migrations and prisma/schema.prisma, as SQL for all three engines.
//
//   npx esbuild scripts/migration.ts --bundle --packages=external --platform=node --format=esm \
//     --outfile=node_modules/.cache/lab/migration.mjs && node node_modules/.cache/lab/migration.mjs NAME
//
// Prisma's CLI needs an engine that it downloads; the WASM engine of the same version does the same work here, with
// PGlite as the shadow database.
import { createRequire } from 'node:module';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { PrismaPg } from '@prisma/adapter-pg';
import { ColumnTypeEnum, bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { MigrationList } from '@prisma/schema-engine-wasm';
import type { QueryConfig, QueryResult } from 'pg';

/** Type numbers of PostgreSQL's catalogue. */
const CHAR = 18;
const TEXT = 25;

/**
 * The SQL that leads from the migrations in a folder to a schema; empty when they already agree.
 * Takes about four seconds (a PGlite is started as the shadow database).
 */
export async function difference(migrations: string, schema: string): Promise<string> {
  const { SchemaEngine } = await loadEngine();
  const content = await readFile(schema, 'utf8');
  const folder = await mkdtemp(join(tmpdir(), 'lab-shadow-'));
  const db = await PGlite.create();
  const server = new PGLiteSocketServer({ db, path: join(folder, '.s.PGSQL.5432'), maxConnections: 10 });
  await server.start();
  try {
    const adapter = shadow(folder);
    const engine = await SchemaEngine.new(
      { datamodels: [[schema, content]] },
      () => {},
      bindMigrationAwareSqlAdapterFactory(adapter),
    );
    const result = await engine.diff({
      from: { tag: 'migrations', ...(await readMigrations(migrations)) },
      to: { tag: 'schemaDatamodel', files: [{ path: schema, content }] },
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    });
    return portable(result.stdout ?? '');
  } finally {
    await server.stop();
    await db.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Prisma's adapter made fit to be introspected: the shadow is the database itself, a script goes as one message (the
 * adapter's own splits on every `;`), and the catalogue's one-letter columns, whose type it does not know, are Character.
 */
function shadow(host: string): PrismaPg {
  const factory = new PrismaPg({ host, port: 5432, user: 'postgres', database: 'postgres', max: 1 });
  const connect = async () => {
    const adapter = await factory.connect();
    const pool = adapter.underlyingDriver();
    adapter.executeScript = async (script: string) => {
      await pool.query(script);
    };
    // The engine asks one thing at a time, so the letters seen last belong to the answer that is being read.
    let letters: number[] = [];
    const query = pool.query.bind(pool) as (config: QueryConfig) => Promise<QueryResult>;
    pool.query = (async (config: QueryConfig) => {
      const result = await query(config);
      letters = (result.fields ?? []).flatMap((field, i) => (field.dataTypeID === CHAR ? [i] : []));
      for (const i of letters) result.fields[i]!.dataTypeID = TEXT;
      return result;
    }) as typeof pool.query;
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (sql) => {
      const result = await queryRaw(sql);
      for (const i of letters) result.columnTypes[i] = ColumnTypeEnum.Character;
      return result;
    };
    return adapter;
  };
  return Object.assign(Object.create(factory) as PrismaPg, { connect, connectToShadowDb: connect });
}

/** What CockroachDB would read otherwise, what needs rights on the database, and the table that the runner makes itself. */
function portable(sql: string): string {
  const text = sql
    .replace(/-- CreateSchema\nCREATE SCHEMA IF NOT EXISTS "public";\n*/, '')
    .replace(/\bINTEGER\b/g, 'INT4')
    .replace('CREATE TABLE "migration_lease"', 'CREATE TABLE IF NOT EXISTS "migration_lease"')
    .trim();
  return text === '' || text === '-- This is an empty migration.' ? '' : `${text}\n`;
}

async function readMigrations(directory: string): Promise<MigrationList> {
  const names = (await readdir(directory, { withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  const migrationDirectories = await Promise.all(
    names.sort().map(async (name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok' as const, value: await readFile(join(directory, name, 'migration.sql'), 'utf8') },
      },
    })),
  );
  const lockfile = { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' };
  return { baseDir: directory, lockfile, shadowDbInitScript: '', migrationDirectories };
}

/** The package imports its .wasm as a module, which Node 20 does only under a flag. */
async function loadEngine(): Promise<typeof import('@prisma/schema-engine-wasm')> {
  const path = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const bindings = (await import(pathToFileURL(path).href)) as typeof import('@prisma/schema-engine-wasm') & {
    __wbg_set_wasm(exports: Exports): void;
  };
  const { compile, instantiate } = (globalThis as unknown as { WebAssembly: Assembly }).WebAssembly;
  const { exports } = await instantiate(await compile(await readFile(join(dirname(path), 'schema_engine_bg.wasm'))), {
    './schema_engine_bg.js': bindings,
  });
  bindings.__wbg_set_wasm(exports);
  exports['__wbindgen_start']?.();
  return bindings;
}

type Exports = Record<string, () => void>;
/** The part of WebAssembly used here; TypeScript knows it only together with the browser's other names. */
interface Assembly {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<{ exports: Exports }>;
}

async function main(name: string | undefined): Promise<void> {
  if (name === undefined || !/^[a-z0-9_]+$/.test(name))
    throw new Error('usage: migration NAME (lower case, digits, underscores)');
  const sql = await difference('prisma/migrations', 'prisma/schema.prisma');
  if (sql === '') {
    console.log('The migrations already lead to the schema.');
    return;
  }
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = join('prisma/migrations', `${stamp}_${name}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'migration.sql'), sql);
  console.log(join(folder, 'migration.sql'));
}

if (process.argv[1]?.endsWith('migration.mjs')) await main(process.argv[2]);
