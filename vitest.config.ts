// Three projects: what reaches a database runs on every engine (LAB_TEST_ENGINE), what needs a browser or curl
// where they are installed, and the rest once.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Vite would load graphql's ES modules, Node loads its CommonJS for all packages that depend on it: one for all.
const alias = [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }];

// What is said of the embedded engine alone has nothing to run on the others, nor what is said of servers alone on it.
const embedded = (process.env['LAB_TEST_ENGINE'] ?? 'embedded') === 'embedded';

// What the benchmarks compare with brings tests of its own.
const peers = '**/node_modules/**';

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'plain',
          include: ['tests/**/*.test.ts'],
          exclude: [peers, 'tests/**/*.db.test.ts', 'tests/**/*.browser.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'database',
          include: ['tests/**/*.db.test.ts'],
          exclude: [peers, embedded ? 'tests/**/*.server.db.test.ts' : 'tests/server/store/embedded.db.test.ts'],
          globalSetup: ['tests/support/database.setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'browser',
          include: ['tests/**/*.browser.test.ts'],
          globalSetup: ['tests/support/database.setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
    maxWorkers: 2,
  },
});
