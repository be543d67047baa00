// CONTRIBUTING says which files a new field takes: each recipe is followed here for a field that nobody has, in a copy
// of the house, and the field has to arrive.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { buildSchema, type GraphQLInputObjectType, type GraphQLObjectType, type GraphQLSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { difference } from '../../scripts/migration.ts';

const HOUSE = resolve(import.meta.dirname, '../..');
const ROOMS = ['bastion', 'cli', 'common', 'prisma', 'schema', 'scripts', 'server'];
const FILES = ['codegen.ts', 'package.json', 'package-lock.json', 'prisma.config.ts', 'tsconfig.json'];

/** A line that comes after what is found in a file; in a file of its own when that is not there. */
interface Edit {
  readonly file: string;
  readonly after: RegExp;
  readonly line: string;
}

const migration = (sql: string): Edit => ({
  file: 'prisma/migrations/29991231235959_recipe/migration.sql',
  after: /$/,
  line: sql,
});

/** What a network is told, an invented decision: the largest packet. */
const DECIDED: readonly Edit[] = [
  { file: 'prisma/schema.prisma', after: /model Network \{[^]*?gateway .*\n/, line: '  mtu Int?' },
  migration('ALTER TABLE "network" ADD COLUMN "mtu" INTEGER;'),
  {
    file: 'server/domain/inventory/network.ts',
    after: /dhcpEnabled: \{.*\},\n/,
    line: "  mtu: { type: whole(576, 9000), absent: null, description: 'The largest packet, bytes.' },",
  },
  {
    file: 'schema/kinds/network.ts',
    after: /dhcpEnabled: t\.exposeBoolean.*\n/,
    line: "    mtu: t.exposeInt('mtu', { nullable: true, description: 'The largest packet, bytes.' }),",
  },
  { file: 'cli/kinds/network.graphql', after: /fragment NetworkRow on Network \{\n/, line: '  mtu' },
];

/** What a machine reports, an invented fact: the version of its firmware. */
const OBSERVED: readonly Edit[] = [
  {
    file: 'prisma/schema.prisma',
    after: /model Server \{[^]*?firmware .*\n/,
    line: '  biosVersion String? @map("bios_version")',
  },
  migration('ALTER TABLE "server" ADD COLUMN "bios_version" TEXT;'),
  {
    file: 'common/hardware/fields.ts',
    after: /firmware: \{.*\},\n/,
    line: "  biosVersion: { as: 'bios_version', type: 'text', description: 'The version of its firmware.' },",
  },
  {
    file: 'schema/kinds/server.ts',
    after: /bootMac: t\.exposeString.*\n/,
    line: "    biosVersion: t.exposeString('biosVersion', { nullable: true, description: 'The version of its firmware.' }),",
  },
  { file: 'cli/kinds/server.graphql', after: /fragment ServerFull on Server \{\n/, line: '  biosVersion' },
  {
    file: 'cli/kinds/server.ts',
    after: /firmware: word\(row\.firmware\),\n/,
    line: '      biosVersion: row.biosVersion,',
  },
];

/** The files that CONTRIBUTING lists under a heading, one at the beginning of each step. */
function recipe(heading: string): string[] {
  const text = readFileSync(join(HOUSE, 'CONTRIBUTING.md'), 'utf8');
  const [, section = ''] = text.split(`\n## ${heading}\n`);
  const [steps = ''] = section.split('\n## ');
  return [...steps.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, file]) => file!);
}

/** What the copy says of the two fields once they are there. */
const QUESTIONS = `
  import './schema/index.ts';
  import { fieldsOf, MANIFESTS } from './server/domain/apply/kinds.ts';
  import { readManifest } from './server/domain/apply/manifest.ts';
  import { readInput } from './server/domain/objects/readInput.ts';
  import { inventory } from './server/domain/inventory/index.ts';
  import { noFacts } from './server/domain/fleet/contract/facts.ts';
  import { parseMachineReport } from './server/domain/fleet/contract/validate.ts';
  import { readMachineReport } from './bastion/api/discover.ts';
  import { network } from './cli/kinds/network.ts';
  import { server } from './cli/kinds/server.ts';
  const manifest = { apiVersion: 'lab/v1', kind: 'Network', metadata: { name: 'a' }, spec: { mtu: 1400 } };
  const may = { actor: 'ann' };
  const report = readMachineReport({ mac: '38:05:25:33:e2:e4', bios_version: '1.2' });
  console.log(JSON.stringify({
    manifest: readManifest(manifest, 0).wanted.input,
    settable: Object.keys(fieldsOf(MANIFESTS.Network)),
    columns: await readInput(inventory.Network, { input: { mtu: 1400 }, before: null, may }),
    wrong: (await readInput(inventory.Network, { input: { mtu: 1 }, before: null, may })).problems,
    flag: network.create.mtu,
    shown: network.manifest({ mtu: 1400 }).spec,
    sent: report,
    taken: parseMachineReport(report, 'input').facts,
    unknown: noFacts,
    status: server.manifest({ biosVersion: '1.2' }).status,
  }));
`;

describe('a new field', () => {
  let copy: string;
  let sdl: GraphQLSchema;
  let told: Record<string, unknown>;

  const edit = ({ file, after, line }: Edit) => {
    const path = join(copy, file);
    mkdirSync(dirname(path), { recursive: true });
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const [found] = after.exec(text) ?? [];
    expect(found, `${file} has ${after}`).toBeDefined();
    writeFileSync(
      path,
      text.replace(after, () => `${found}${line}\n`),
    );
  };

  const run = async (...args: string[]) =>
    (await promisify(execFile)(process.execPath, args, { cwd: copy, maxBuffer: 2 ** 26 })).stdout;

  beforeAll(async () => {
    copy = mkdtempSync(join(tmpdir(), 'lab-recipes-'));
    const generated = (path: string) => !path.endsWith('/generated') || path.includes('node_modules');
    for (const room of ROOMS) cpSync(join(HOUSE, room), join(copy, room), { recursive: true, filter: generated });
    for (const file of FILES) cpSync(join(HOUSE, file), join(copy, file));
    symlinkSync(join(HOUSE, 'node_modules'), join(copy, 'node_modules'));
    for (const one of [...DECIDED, ...OBSERVED]) edit(one);
    await run('scripts/sdl.mjs');
    await run('scripts/build.mjs', 'generate');
    const stdin = { contents: QUESTIONS, resolveDir: copy, loader: 'ts' as const };
    const outfile = join(copy, 'questions.mjs');
    await build({
      stdin,
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      logLevel: 'error',
    });
    told = JSON.parse(await run(outfile)) as Record<string, unknown>;
    sdl = buildSchema(readFileSync(join(copy, 'schema/schema.graphql'), 'utf8'));
  }, 300_000);

  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  const fieldOf = (type: string, field: string) =>
    (sdl.getType(type) as GraphQLObjectType | GraphQLInputObjectType).getFields()[field];

  test('that people decide about a network takes the files that CONTRIBUTING lists, and no other', () => {
    const files = [...new Set(DECIDED.map(({ file }) => file))];
    expect(files).toHaveLength(5);
    expect(recipe('Adding a field that people decide').map((file) => file.replace('<kind>', 'network'))).toEqual(
      files.map((file) => file.replace(/migrations\/.*/, 'migrations/')),
    );
    for (const type of ['Network', 'CreateNetworkInput', 'UpdateNetworkInput'])
      expect(String(fieldOf(type, 'mtu')?.type), type).toBe('Int');
    expect(told['settable']).toContain('mtu');
    expect(told).toMatchObject({
      manifest: { mtu: 1400 },
      columns: { columns: { mtu: 1400, managers: { mtu: 'ann' } }, problems: [] },
      wrong: [{ field: 'input.mtu' }],
      flag: { field: 'mtu', type: 'number', description: 'the largest packet, bytes' },
      shown: { mtu: 1400 },
    });
  });

  test('that machines report takes the files that CONTRIBUTING lists, and no other', () => {
    const files = [...new Set(OBSERVED.map(({ file }) => file))];
    expect(files).toHaveLength(6);
    expect(recipe('Adding a fact of hardware')).toEqual(
      files.map((file) => file.replace(/migrations\/.*/, 'migrations/')),
    );
    for (const type of ['Server', 'MachineReportInput'])
      expect(String(fieldOf(type, 'biosVersion')?.type), type).toBe('String');
    expect(told).toMatchObject({
      sent: { biosVersion: '1.2' },
      taken: { biosVersion: '1.2' },
      unknown: { biosVersion: null },
      status: { biosVersion: '1.2' },
    });
  });

  test('has the column that its migration makes', async () => {
    expect(await difference(join(copy, 'prisma/migrations'), join(copy, 'prisma/schema.prisma'))).toBe('');
  }, 120_000);
});
