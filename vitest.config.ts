// The projects: one per engine for what reaches a database (tests/engines.ts says what runs where), one for what needs
// a browser or curl, one for what needs other programs of Debian's, one for machines that boot, and one for the rest.
import { fileURLToPath } from 'node:url';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { engines, everyDatabaseTest, notOn, type Project } from './tests/engines.ts';

// Vite would load graphql's ES modules, Node loads its CommonJS for all packages that depend on it: one for all.
const alias = [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }];

// What the benchmarks compare with brings tests of its own.
const peers = '**/node_modules/**';
const browser = 'tests/**/*.browser.test.ts';
const debian = 'tests/**/*.debian.test.ts';
const boot = 'tests/boot/**/*.test.ts';
const globalSetup = ['tests/support/database.setup.ts'];
// What a test waits for comes late on a busy machine.
const patient = { testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 20_000 } } };

/** One project after the other: a worker that is asked for a file of another project ends, with what its files share. */
class ByProject extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const names = [...new Set(sorted.map(({ project }) => project.name))];
    return names.flatMap((name) => sorted.filter(({ project }) => project.name === name));
  }
}

/** The engines of the projects that this run is asked for. */
const run = process.argv.flatMap((word, i, words) =>
  words[i - 1] === '--project' && Object.hasOwn(engines, word) ? [engines[word as Project]] : [],
);

const onEngine = (name: Project): TestProjectConfiguration => ({
  resolve: { alias },
  test: {
    name,
    include: [everyDatabaseTest],
    exclude: [peers, ...notOn(engines[name], run)],
    globalSetup,
    // Files of one worker share its modules and its database engine, which take longer to load than most files to run.
    isolate: false,
    ...patient,
  },
});

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'plain',
          include: ['tests/**/*.test.ts'],
          exclude: [peers, everyDatabaseTest, browser, debian, boot],
          ...patient,
        },
      },
      ...(Object.keys(engines) as Project[]).map(onEngine),
      { resolve: { alias }, test: { name: 'browser', include: [browser], exclude: [peers], globalSetup, ...patient } },
      { resolve: { alias }, test: { name: 'debian', include: [debian], exclude: [peers], ...patient } },
      {
        resolve: { alias },
        test: {
          name: 'boot',
          include: [boot],
          exclude: [peers],
          globalSetup: ['tests/boot/ramdisk.setup.ts'],
          // Machines whose every instruction is made up by a program: a busy core makes them very slow.
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
    sequence: { sequencer: ByProject },
    maxWorkers: 2,
  },
});
