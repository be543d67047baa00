// Prisma's table of a kind, by the kind's name: the one place that steps out of Prisma's per-model types.
import type { Prisma, PrismaClient } from '../../server/store/generated/client.ts';
import type { Where } from '../../server/domain/where.ts';
import type { KindName } from '../catalog.ts';
import type { Delegate, Find, Row } from '../base/rows.ts';
import type { Moment } from '../base/context.ts';

/** Prisma's client, or that of a transaction. */
export type Client = PrismaClient | Prisma.TransactionClient;

interface Model {
  findMany(find: Find): Promise<Row[]>;
  count(find: { where: Where }): Promise<number>;
  groupBy(query: {
    by: string[];
    where: Where;
    _count: true;
  }): Promise<({ _count: number } & Record<string, string>)[]>;
}

/**
 * A kind's table at the moment of the context: at present on the database's client, or inside a transaction on its own.
 * No statement is sent for an operation that has been stopped.
 */
export function tableOf(context: Moment, kind: KindName, client?: Client): Delegate {
  if (context.past) return context.past.delegate(kind);
  const name = kind.charAt(0).toLowerCase() + kind.slice(1);
  const model = ((client ?? context.database.prisma) as unknown as Record<string, Model>)[name]!;
  return {
    findMany: async (find) => {
      context.beforeReading();
      return model.findMany(find);
    },
    count: async (where) => {
      context.beforeReading();
      return model.count({ where });
    },
    countBy: async (column, where) => {
      context.beforeReading();
      const groups = await model.groupBy({ by: [column], where, _count: true });
      return new Map(groups.map((group) => [group[column]!, group._count]));
    },
  };
}
