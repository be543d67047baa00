// npm run bench: builds what is measured, bundles the benchmark (this Node reads no TypeScript) and runs it.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureInstalled } from '../../scripts/ensure-installed.mjs';

await ensureInstalled();
const built = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
if (built.status !== 0) process.exit(built.status ?? 1);

const { build } = await import('esbuild');
const outdir = 'node_modules/.cache/bench';
mkdirSync(outdir, { recursive: true });
await build({
  entryPoints: ['tests/bench/main.ts', 'tests/bench/loader.ts'],
  outdir,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  outExtension: { '.js': '.mjs' },
  logLevel: 'warning',
});
// labd as it would be without permissions, for the price of them: its own code, but for who a caller is.
const { buildLabd } = await import('../../server/build.mjs');
const open = fileURLToPath(new URL('open.ts', import.meta.url));
let replaced = false;
const anybody = () => {
  replaced = true;
  return { path: open };
};
await buildLabd(`${outdir}/open/labd.js`, [
  { name: 'anybody', setup: (own) => own.onResolve({ filter: /\/access\/callers\.ts$/ }, anybody) },
]);
if (!replaced) throw new Error('labd without permissions was built with them: where are its callers looked up?');
cpSync('prisma/migrations', `${outdir}/open/migrations`, { recursive: true });
await import(pathToFileURL(`${outdir}/main.mjs`).href);
