// Something in the change log for rows that tests wrote straight into the tables.
import type { Database } from '../../server/store/types.ts';

interface Table {
  findMany(query: object): Promise<Placed[]>;
}

interface Placed {
  id: string;
  name?: string;
  cloud?: string;
  environment?: string;
}

/** Logs that every object of these kinds came to be. Returns the revision of the last, that of the youngest object. */
export async function log(db: Database, kinds: readonly string[]): Promise<bigint | null> {
  let last: bigint | null = null;
  for (const kind of kinds) {
    const name = kind.charAt(0).toLowerCase() + kind.slice(1);
    const rows = await (db.prisma as unknown as Record<string, Table>)[name]!.findMany({
      orderBy: { createdAt: 'asc' },
    });
    const { revision } = await db.write(
      { actor: 'tester', action: 'sample', requestId: '', address: '' },
      async ({ record }) => {
        for (const row of rows) {
          const place = {
            name: row.name ?? 'sample',
            cloud: row.cloud ?? 'default',
            environment: row.environment ?? 'default',
          };
          record({ kind, id: row.id, ...place, operation: 'CREATE', before: null, after: row });
        }
      },
    );
    last = revision;
  }
  return last;
}
