// The table of a kind, by the kind's name: the one place of the domain that steps out of Prisma's types for each model.
import type { Prisma } from '../../store/generated/client.ts';
import type { Row } from './types.ts';

interface Table {
  findFirst(query: { where: object }): Promise<Row | null>;
  findMany(query: { where: object; orderBy: object; take?: number }): Promise<Row[]>;
  create(query: { data: object }): Promise<Row>;
  updateMany(query: { where: object; data: object }): Promise<{ count: number }>;
  deleteMany(query: { where: object }): Promise<{ count: number }>;
}

/** The rows of a kind. */
export const table = (client: Prisma.TransactionClient, kind: string): Table =>
  (client as unknown as Record<string, Table>)[kind.charAt(0).toLowerCase() + kind.slice(1)]!;
