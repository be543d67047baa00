// The table of columns that raw SQL is derived from, held against the database.
import { expect, test } from 'vitest';
import { columnOf, columns, tableOf, type RowKind } from '../../../../server/domain/ledger/columns.ts';
import { openTestDatabase } from '../../../support/database.ts';

test('every kind has the columns that its table has, of their types', async () => {
  const { prisma } = await openTestDatabase({ forThisTest: true });
  const rows = await prisma.$queryRaw<{ table: string; column: string; type: string }[]>`
    SELECT table_name AS "table", column_name AS "column", udt_name AS type FROM information_schema.columns`;
  for (const kind of Object.keys(columns) as RowKind[]) {
    const found = rows
      .filter(({ table }) => table === tableOf(kind))
      .map(({ column, type }) => [column, type.replace(/^_(.*)/, '$1[]')]);
    expect(Object.fromEntries(found), kind).toEqual(
      Object.fromEntries(Object.entries(columns[kind]).map(([field, type]) => [columnOf(field), type])),
    );
  }
});
