// What is kept of queries, in the database and beside it: so many, and so many characters, whoever asks what.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../support/database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase({ calm: true });
});
afterAll(() => db?.drop());

const KEPT =
  'SELECT count(*)::int4 AS count, coalesce(sum(length(statement)), 0)::int4 AS characters FROM pg_prepared_statements';

test.each([
  { count: 400, length: 50 },
  { count: 400, length: 20_000 },
])(
  'of $count statements of $length characters each connection keeps some, within its bounds',
  async ({ count, length }) => {
    for (let n = 0; n < count; n++) {
      const sql = `SELECT ${n} AS n`.padEnd(length, ' ');
      for (let times = 0; times < 3; times++) await db.prisma.$queryRawUnsafe(sql);
    }
    const [kept] = await db.prisma.$queryRawUnsafe<{ count: number; characters: number }[]>(KEPT);
    expect(kept!.count).toBeGreaterThan(0);
    expect(kept!.count).toBeLessThanOrEqual(300);
    expect(kept!.characters).toBeLessThanOrEqual(1_000_000);
  },
);

test('of the plans of queries that differ 256 are kept, those that were used last', async () => {
  const columns = [
    'name',
    'cloud',
    'environment',
    'labels',
    'version',
    'createdAt',
    'updatedAt',
    'labelTokens',
    'managers',
  ];
  const ask = (n: number) =>
    db.prisma.cluster.findMany({
      select: { id: true, ...Object.fromEntries(columns.map((column, bit) => [column, (n & (1 << bit)) !== 0])) },
    });
  const said = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const global = globalThis as { DEBUG?: string };
  global.DEBUG = 'prisma:client:clientEngine';
  const made = () => said.mock.calls.flat().filter((text) => String(text).includes('plan cache miss')).length;
  try {
    for (let n = 0; n < 300; n++) await ask(n);
    expect(made()).toBe(300);
    for (let n = 299; n >= 300 - 256; n--) await ask(n);
    expect(made()).toBe(300);
    await ask(0);
    expect(made()).toBe(301);
  } finally {
    global.DEBUG = '';
    said.mockRestore();
  }
});
