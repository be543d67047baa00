// Prints the graph that labd serves into schema/schema.graphql; with --check, only says whether the file is stale.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureInstalled, root } from './ensure-installed.mjs';

const committed = join(root, 'schema', 'schema.graphql');

/** The SDL of schema/index.ts as it is now, types in the order they are built in. */
async function printSdl() {
  const { build } = await import('esbuild');
  // In node_modules, so that what stays outside the bundle is found from there.
  const folder = mkdtempSync(join(root, 'node_modules', '.lab-sdl-'));
  try {
    const outfile = join(folder, 'sdl.mjs');
    await build({
      stdin: {
        contents:
          "import { printSchema } from 'graphql';\nimport { schema } from './schema/index.ts';\nexport default printSchema(schema);\n",
        resolveDir: root,
        loader: 'ts',
      },
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      packages: 'external',
      logLevel: 'warning',
    });
    return `${(await import(pathToFileURL(outfile).href)).default.trimEnd()}\n`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await ensureInstalled();
  const { build } = await import('./build.mjs');
  // Not the documents: they may ask for what the SDL does not have yet.
  await build({ only: 'prisma' });
  const sdl = await printSdl();
  if (!process.argv.includes('--check')) writeFileSync(committed, sdl);
  else if (readFileSync(committed, 'utf8') !== sdl) {
    console.error('schema/schema.graphql is stale. Print it anew: npm run sdl');
    process.exitCode = 1;
  }
}
