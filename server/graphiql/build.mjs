// Packs GraphiQL, Monaco and its workers into files that labd serves: names that carry a hash, each also compressed.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const WORKERS = {
  json: 'monaco-editor/esm/vs/language/json/json.worker.js',
  graphql: 'monaco-graphql/esm/graphql.worker.js',
  editor: 'monaco-editor/esm/vs/editor/editor.worker.js',
};
const common = {
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  define: { 'process.env.NODE_ENV': '"production"' },
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
};

/**
 * Writes the page to `outDir`, which is made.
 * @param {string} outDir
 */
export async function buildGraphiql(outDir) {
  mkdirSync(outDir, { recursive: true });
  const workers = await build({ ...common, entryPoints: WORKERS, outdir: outDir, entryNames: '[name]-[hash]' });
  const names = Object.fromEntries(
    Object.keys(WORKERS).map((name) => [name, made(workers, new RegExp(`/${name}-[^/]*\\.js$`))]),
  );
  const page = await build({
    ...common,
    entryPoints: { page: join(here, 'app.jsx') },
    outdir: outDir,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    splitting: true,
    jsx: 'automatic',
    loader: { '.graphql': 'text', '.ttf': 'file' },
    define: { ...common.define, WORKERS: JSON.stringify(names) },
  });
  const html = readFileSync(join(here, 'index.html'), 'utf8')
    .replace('SCRIPT', `/graphiql/${made(page, /\/page-[^/]*\.js$/)}`)
    .replace('STYLE', `/graphiql/${made(page, /\/page-[^/]*\.css$/)}`);
  await Promise.all(
    readdirSync(outDir)
      .filter((name) => /\.(js|css)$/.test(name))
      .map((name) => compress(join(outDir, name))),
  );
  writeFileSync(join(outDir, 'index.html'), html);
}

function made({ metafile }, pattern) {
  const path = Object.keys(metafile.outputs).find((one) => pattern.test(one));
  if (path === undefined) throw new Error(`esbuild made no file like ${pattern}`);
  return basename(path);
}

async function compress(path) {
  const plain = readFileSync(path);
  // Level 9 is a tenth of the time of 11, and four percent larger.
  const packed = await promisify(brotliCompress)(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
  if (packed.length < plain.length * 0.9) writeFileSync(`${path}.br`, packed);
}
