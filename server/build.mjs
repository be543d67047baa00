// Bundles labd into one executable file, with what lies beside it: the migrations, the packed empty database that first
// starts begin from, the database's thread, and GraphiQL.
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL, fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildGraphiql } from './graphiql/build.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // ES modules where a package has them: what CommonJS exports is read through a getter at each use, in the executor too.
  mainFields: ['module', 'main'],
  // GraphQL's own parts must be one copy, and in production they check less; the rest loads as well from its packages.
  external: [
    '@prisma/*',
    '@electric-sql/*',
    '@node-rs/*',
    'pg',
    'pg-native',
    'pino',
    'prom-client',
    'ws',
    'bufferutil',
    'utf-8-validate',
  ],
  define: { 'process.env.NODE_ENV': '"production"', 'globalThis.process.env.NODE_ENV': '"production"' },
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  legalComments: 'none',
  logLevel: 'warning',
};

/**
 * Megabytes in which an answer's objects live and die. With Node's own 16 a nested answer outlives them and is copied,
 * which took labd a tenth of its time; the price is some 100 MB under load. Node takes it only when it starts.
 */
const youngSpace = 64;

/**
 * Writes labd.js and its files to `outDir`, which exists.
 * @param {string} outDir
 */
export async function buildServer(outDir) {
  await Promise.all([buildLabd(join(outDir, 'labd.js')), buildGraphiql(join(outDir, 'graphiql')), buildSeed(outDir)]);
  cpSync(join(root, 'prisma', 'migrations'), join(outDir, 'migrations'), { recursive: true });
}

/**
 * Writes the executable with the templates of its profiles; the migrations belong beside it.
 * @param {string} outfile
 * @param {import('esbuild').Plugin[]} plugins What makes it another labd than ours
 */
export async function buildLabd(outfile, plugins = []) {
  const banner = { js: `#!/usr/bin/env -S node --max-semi-space-size=${youngSpace}\n${common.banner.js}` };
  await build({ ...common, entryPoints: ['server/main.ts'], outfile, banner, plugins, sourcemap: 'linked' });
  chmodSync(outfile, 0o755);
  const templates = join(root, 'common', 'install', 'profiles', 'templates');
  cpSync(templates, join(dirname(outfile), 'templates'), { recursive: true });
}

/** Makes the packed database with labd's own code: bundled for the moment, because this Node reads no TypeScript. */
async function buildSeed(outDir) {
  cpSync(join(root, 'server', 'store', 'embedded', 'worker.mjs'), join(outDir, 'worker.mjs'));
  const maker = join(outDir, 'make-seed.mjs');
  await build({ ...common, entryPoints: ['server/store/seed.ts'], outfile: maker });
  const quiet = { info() {}, warn: console.warn, error: console.error };
  const { buildSeed: make } = await import(pathToFileURL(maker).href);
  await make(join(outDir, 'seed.tar.gz'), join(root, 'prisma', 'migrations'), quiet);
  rmSync(maker);
}
