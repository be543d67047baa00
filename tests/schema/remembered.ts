// What is said of rows that were written straight into the tables: conditions.
import type { Database } from '../../server/store/types.ts';

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
