// The columns that statements are derived from, generated from Prisma's schema, held against the database.
import { expect, test } from 'vitest';
import { tables } from '../../../../server/store/generated/columns.ts';
import { openTestDatabase } from '../../../support/database.ts';

test('every kind has the columns that its table has, of their types', async () => {
  const { prisma } = await openTestDatabase({ forThisTest: true });
  const rows = await prisma.$queryRaw<{ table: string; column: string; type: string }[]>`
    SELECT table_name AS "table", column_name AS "column", udt_name AS type FROM information_schema.columns`;
  for (const [model, { table, columns }] of Object.entries(tables)) {
    const found = rows
      .filter((row) => row.table === table)
      .map(({ column, type }) => [column, type.replace(/^_(.*)/, '$1[]')]);
    expect(Object.fromEntries(found), model).toEqual(
      Object.fromEntries(Object.values(columns).map(({ name, type }) => [name, type])),
    );
  }
});
