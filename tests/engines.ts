// What runs where: each test of a database on every engine, but for the rows of this table. CONTRIBUTING.md shows it.

/** A project of vitest.config.ts, each with the tests of databases that run on that engine. */
export const engines = {
  database: 'embedded',
  postgres: 'postgres',
  cockroachlike: 'cockroachlike',
  cockroach: 'cockroach',
} as const;

export type Project = keyof typeof engines;
export type Engine = (typeof engines)[Project];

const servers: readonly Engine[] = ['postgres', 'cockroachlike', 'cockroach'];

export interface Exception {
  /** The glob of its files. */
  readonly files: string;
  readonly on: readonly Engine[];
  /** Where they run in the place of the embedded engine, in a run that has both: they take less of the processor there */
  readonly rather?: Engine;
  readonly why: string;
}

/** A test leaves an engine only when its statements run there in another file, or it is about other engines alone. */
export const exceptions: readonly Exception[] = [
  { files: 'tests/**/*.server.db.test.ts', on: servers, why: 'About what servers alone can do' },
  {
    files: 'tests/server/store/{embedded,flips,snapshots,walFlips}.db.test.ts',
    on: ['embedded'],
    why: 'About the directory of the embedded engine',
  },
  {
    files: 'tests/{cli/**/*,hostile/hiddenCommands}.db.test.ts',
    on: ['embedded', 'cockroach'],
    rather: 'postgres',
    why: 'They speak with labd over HTTP alone, by documents of the graph, whose statements tests/schema runs on each engine',
  },
  {
    files: 'tests/schema/hidden/**/*.db.test.ts',
    on: ['embedded', 'cockroach'],
    rather: 'postgres',
    why: 'They ask one after the other, with nobody beside them to run into, by fields, filters and mutations whose statements the other tests of tests/schema run on postgres and cockroachlike',
  },
  {
    files: 'tests/whole/**/*.db.test.ts',
    on: ['embedded', 'postgres', 'cockroach'],
    why: 'They reach the database through a labd process alone, with an address: on cockroachlike, whose client stays in the process of the test, they would run on postgres once more',
  },
];

export const everyDatabaseTest = 'tests/**/*.db.test.ts';

/** The engines that the tests of an exception run on, in a run that has some engines. */
const enginesOf = ({ on, rather }: Exception, run: readonly Engine[]): readonly Engine[] =>
  rather !== undefined && run.includes(rather) && run.includes('embedded')
    ? on.map((engine) => (engine === 'embedded' ? rather : engine))
    : on;

/** What to leave out of all tests of databases on one engine, in a run that has some. */
export const notOn = (engine: Engine, run: readonly Engine[]): string[] =>
  exceptions.filter((exception) => !enginesOf(exception, run).includes(engine)).map(({ files }) => files);
