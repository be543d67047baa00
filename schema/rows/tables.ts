// Prisma's table of a kind, by the kind's name: the one place that steps out of Prisma's per-model types.
import type { Prisma, PrismaClient } from '../../server/store/generated/client.ts';
import type { Where } from '../../server/domain/where.ts';
import type { KindName } from '../catalog.ts';
import type { Delegate, Find, Row } from '../base/rows.ts';
import type { Context, Moment } from '../base/context.ts';

/** Prisma's client, or that of a transaction. */
export type Client = PrismaClient | Prisma.TransactionClient;

interface Model {
  findMany(find: Partial<Find>): Promise<Row[]>;
  count(find: { where: Where }): Promise<number>;
  groupBy(query: {
    by: string[];
    where: Where;
    _count: true;
  }): Promise<({ _count: number } & Record<string, string>)[]>;
}

/** What Prisma has for a model, whichever it is. */
export function modelOf(client: Client, name: string): Model {
  const models = client as unknown as Readonly<Record<string, Model>>;
  return models[name.charAt(0).toLowerCase() + name.slice(1)]!;
}

/** Who is in no transaction uses the database's own client. */
const clientOf = ({ database }: Context): Client => database.prisma;

/**
 * A kind's table at the moment of the context: at present on the database's client, or inside a transaction on its own.
 * No statement is sent for an operation that has been stopped.
 */
export function tableOf(context: Moment, kind: KindName, client?: Client): Delegate {
  if (context.past) return context.past.delegate(kind);
  const model = modelOf(client ?? clientOf(context), kind);
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
