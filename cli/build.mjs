// Packs the CLI: an entry, the commands, and what only some commands need in files of their own.
import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

// oclif is CommonJS and asks for Node's modules by require, which ES modules do not have.
const banner = `import { createRequire as createRequireOf } from 'node:module';const require = createRequireOf(import.meta.url);`;

/** What oclif needs to know; its folder is the bundle's own, so that it reads nothing else. */
const oclif = {
  bin: 'lab',
  dirname: 'lab',
  topicSeparator: ' ',
  additionalHelpFlags: ['-h'],
  // Other names for a kind are not other commands; the page of the one that is says them.
  helpOptions: { hideAliasesFromRoot: true },
  commands: { strategy: 'explicit', target: './commands.js', identifier: 'COMMANDS' },
  topics: {
    create: { description: 'Make an object.' },
    audit: { description: 'The record of who did what.' },
    auth: { description: 'Who you are, and who may do what.' },
    bastion: { description: 'The bastion of this host.' },
    'bastion:files': { description: 'What the bastion of this host installs from.' },
    config: { description: 'The contexts, and which is current.' },
    query: { description: 'Documents that are kept under a name.' },
    plugin: { description: 'Programs that add commands.' },
  },
};

/**
 * What oclif's parser asks for and never uses here: pages of help when a flag is `Flags.help`, its own way to end
 * a process, spinners, and what draws an error on a terminal in colours and as wide as that is: ours are told otherwise.
 * It would bring in all of oclif, which only help needs.
 */
const idle = {
  name: 'idle-parts-of-oclif',
  setup({ onResolve, onLoad }) {
    const parts = [
      [/oclif\/core\/lib\/flags\.js$/, './help'],
      [/oclif\/core\/lib\/errors\/index\.js$/, './handle'],
      [/oclif\/core\/lib\/parser\/index\.js$/, './help'],
      ...['wrap-ansi', 'indent-string'].map((part) => [/oclif\/core\/lib\/errors\/errors\/[\w-]+\.js$/, part]),
    ];
    onResolve({ filter: /^(\.\/(help|handle)|wrap-ansi|indent-string)$/ }, ({ importer, path }) =>
      parts.some(([file, part]) => file.test(importer) && part === path) ? { path, namespace: 'idle' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'idle' }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
  },
};

/** The plain data of a command, which oclif takes instead of loading every command to find one. */
function described(id, command) {
  const data = {
    id,
    strict: command.strict ?? true,
    pluginName: 'lab',
    pluginAlias: 'lab',
    pluginType: 'core',
    aliases: command.aliases ?? [],
    hiddenAliases: command.aliases ?? [],
    enableJsonFlag: false,
    hidden: command.hidden,
    completes: command.completes,
  };
  for (const name of ['summary', 'description', 'usage', 'examples'])
    if (command[name] !== undefined) data[name] = command[name];
  const plain = (all) =>
    Object.fromEntries(
      Object.entries(all ?? {}).map(([name, spec]) => [name, { name, ...spec, parse: undefined, input: undefined }]),
    );
  return { ...data, args: plain(command.args), flags: plain({ ...command.baseFlags, ...command.flags }) };
}

/** Takes the banner from the files that require nothing: most of those that a command loads. */
function dropIdleBanners(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const text = readFileSync(path, 'utf8');
    if (!text.startsWith(banner)) continue;
    const rest = text.slice(banner.length).trimStart();
    if (!/\brequire\b/.test(rest)) writeFileSync(path, rest);
  }
}

/** Writes lab.js, an executable, and the folder lab/ with the rest. */
export async function buildCli(outDir) {
  const folder = join(outDir, 'lab');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { version, description } = JSON.parse(readFileSync('package.json', 'utf8'));
  await build({
    entryPoints: { main: 'cli/main.ts', commands: 'cli/commands.ts' },
    outdir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: { js: banner },
    plugins: [idle],
    // Only ever tried by oclif, for plugins that are written in TypeScript.
    external: ['typescript', 'ts-node', 'tsx', 'bufferutil', 'utf-8-validate', 'react-devtools-core'],
    // React's build for those who write it is three times as large.
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'none',
    logLevel: 'warning',
  });
  dropIdleBanners(folder);
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'lab', version, description, type: 'module', oclif }),
  );
  const { COMMANDS } = await import(`${pathToFileURL(join(folder, 'commands.js')).href}?${Date.now()}`);
  const commands = {};
  for (const [id, load] of Object.entries(COMMANDS)) commands[id] = described(id, await load());
  writeFileSync(join(folder, 'oclif.manifest.json'), JSON.stringify({ version, commands }));
  const entry = join(outDir, 'lab.js');
  writeFileSync(entry, `#!/usr/bin/env node\nimport './lab/main.js';\n`);
  chmodSync(entry, 0o755);
}
