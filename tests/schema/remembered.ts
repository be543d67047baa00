// What is said of rows that were written straight into the tables: conditions, and changes that made them.
import type { Database } from '../../server/store/types.ts';

interface Remembered {
  id: string;
  name?: string;
  cloud?: string;
  environment?: string;
}

/** Records the creation of all rows of some kinds, which were written straight into the tables. */
export async function rememberAll(db: Database, kinds: readonly string[]): Promise<void> {
  for (const kind of kinds) {
    const table = (db.prisma as unknown as Record<string, { findMany(): Promise<Remembered[]> }>)[
      kind.charAt(0).toLowerCase() + kind.slice(1)
    ]!;
    const rows = await table.findMany();
    await db.write({ actor: 'tester', action: 'sample', requestId: '', address: '' }, async ({ record }) => {
      for (const row of rows) {
        const { name = 'sample', cloud = 'default', environment = 'default' } = row;
        record({ kind, id: row.id, name, cloud, environment, operation: 'CREATE', before: null, after: row });
      }
    });
  }
}

interface Placed {
  id: string;
  name: string;
  cloud: string;
  environment: string;
}

/** Gives every row of some kinds a condition. */
export async function conditionOn(prisma: Database['prisma'], kinds: readonly string[]): Promise<void> {
  for (const kind of kinds) {
    const rows = await (prisma as unknown as Record<string, { findMany(): Promise<Placed[]> }>)[
      kind.charAt(0).toLowerCase() + kind.slice(1)
    ]!.findMany();
    for (const { id: subjectId, name: subjectName, cloud, environment } of rows) {
      const subject = { subjectKind: kind, subjectId, subjectName, cloud, environment };
      await prisma.condition.create({ data: { ...subject, type: 'Conflict', reason: 'Sample', message: 'A sample.' } });
    }
  }
}
