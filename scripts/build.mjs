// Builds everything that is not committed: generated code, then the three executables in dist/.
//
//   node scripts/build.mjs            everything
//   node scripts/build.mjs generate   only the generated code, for the type checker and the linter
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ensureInstalled, root } from './ensure-installed.mjs';
import { withLock } from './lock.mjs';
import { runStep } from './steps.mjs';

const always = ['package-lock.json', 'package.json', 'scripts/build.mjs'];

const generate = [
  {
    name: 'prisma',
    reads: ['prisma/schema.prisma', 'prisma.config.ts', 'scripts/columns.mjs', ...always],
    makes: ['server/store/generated/client.ts', 'server/store/generated/columns.ts', 'schema/generated/pothos.ts'],
    run: async () => {
      await node('node_modules/prisma/build/index.js', 'generate');
      const { writeColumns } = await import('./columns.mjs');
      writeColumns('prisma/schema.prisma', 'server/store/generated/columns.ts');
    },
  },
  {
    name: 'documents',
    reads: [
      'schema/schema.graphql',
      'codegen.ts',
      'cli',
      'bastion',
      'scripts/documents.mjs',
      'scripts/inputs.mjs',
      ...always,
    ],
    makes: [
      'cli/generated/documents.ts',
      'cli/generated/inputs.ts',
      'bastion/generated/documents.ts',
      'server/generated/documents.json',
    ],
    run: async () => {
      await node('node_modules/@graphql-codegen/cli/cjs/bin.js', '--config', 'codegen.ts');
      const { condenseDocuments, writeKnownDocuments } = await import('./documents.mjs');
      writeKnownDocuments(
        ['cli/generated/documents.ts', 'bastion/generated/documents.ts'],
        'server/generated/documents.json',
      );
      condenseDocuments('cli/generated/documents.ts');
      const { writeInputs } = await import('./inputs.mjs');
      writeInputs('schema/schema.graphql', 'cli/generated/inputs.ts');
    },
  },
];

const bundles = [
  {
    name: 'labd',
    reads: ['server', 'schema', 'common', 'prisma', ...always],
    makes: ['dist/labd.js'],
    run: () => intoDist('labd', async (folder) => (await import('../server/build.mjs')).buildServer(folder)),
  },
  {
    name: 'lab',
    reads: [
      'cli',
      'bastion',
      'common',
      'schema/catalog.ts',
      'schema/schema.graphql',
      'scripts/documents.mjs',
      ...always,
    ],
    makes: ['dist/lab.js'],
    run: () => intoDist('lab', async (folder) => (await import('../cli/build.mjs')).buildCli(folder)),
  },
  {
    name: 'lab-bastion',
    reads: ['bastion', 'common', 'schema/catalog.ts', 'schema/schema.graphql', 'scripts/build-bastion.mjs', ...always],
    makes: ['dist/lab-bastion.js', 'dist/ramdisk/init.sh'],
    run: () => intoDist('lab-bastion', async (folder) => (await import('./build-bastion.mjs')).buildBastion(folder)),
  },
];

/**
 * Builds what has changed, or of that only one step, or the generated code. One build at a time: a second one waits, and then finds nothing left to do.
 * Throws an error with the tool's own output when a step fails.
 */
export async function build({ only } = {}) {
  await ensureInstalled();
  process.chdir(root);
  await withLock(join(root, '.lab', 'build.lock'), 'building', async () => {
    const stamps = join(root, 'dist', '.stamps');
    const steps =
      only === 'generate' ? generate : [...generate, ...bundles].filter(({ name }) => !only || name === only);
    for (const step of steps) {
      const from = performance.now();
      if (!(await runStep(root, stamps, step))) continue;
      console.error(`Built ${step.name} in ${((performance.now() - from) / 1000).toFixed(1)} s`);
    }
  });
}

/**
 * Bundles into a new folder and moves file by file, so that no program that starts meanwhile reads half a file. What the
 * last build of this name made and this one did not is removed: a migration that is gone must not be applied.
 */
async function intoDist(name, bundle) {
  const folder = join(root, 'dist', `.new-${name}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await bundle(folder);
  // The entry files last: what they load is there by then.
  const files = filesIn(folder)
    .map((file) => relative(folder, file))
    .sort((a, b) => depth(b) - depth(a));
  for (const file of files) {
    const target = join(root, 'dist', file);
    mkdirSync(dirname(target), { recursive: true });
    renameSync(join(folder, file), target);
  }
  rmSync(folder, { recursive: true, force: true });
  const list = join(root, 'dist', `.files-${name}.json`);
  const before = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
  for (const file of before.filter((one) => !files.includes(one))) rmSync(join(root, 'dist', file), { force: true });
  writeFileSync(list, JSON.stringify(files));
}

const depth = (path) => path.split('/').length;

function filesIn(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
}

/** Runs a tool of ours; what it says is shown only when it fails. Nothing is downloaded or reported home. */
async function node(...args) {
  // Prisma looks for its generators on PATH.
  const PATH = `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`;
  const env = { ...process.env, PATH, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1', NO_COLOR: '1' };
  delete env.FORCE_COLOR;
  await promisify(execFile)(process.execPath, args, { cwd: root, env, maxBuffer: 2 ** 26 }).catch((error) => {
    throw new Error(`${args.join(' ')} failed:\n${error.stdout}${error.stderr}`);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await build({ only: process.argv[2] });
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
