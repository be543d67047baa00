// The interfaces through which rows are read, from tables as they are and as they were.
import type { Reader } from '../../server/store/changes.ts';
import type { Where } from '../../server/domain/where.ts';
import type { KindName } from '../catalog.ts';

export type Row = Record<string, unknown> & { id: string };

/** A `findMany` of any kind. */
export interface Find {
  where: Where;
  select?: Record<string, unknown>;
  orderBy?: Record<string, 'asc' | 'desc'>[];
  take?: number;
  relationLoadStrategy?: 'join' | 'query';
}

export interface Delegate {
  findMany(find: Find): Promise<Row[]>;
  count(where: Where): Promise<number>;
  /** How many rows there are per value of a column, in one statement */
  countBy(column: string, where: Where): Promise<Map<string, number>>;
}

/** The change log and nothing else of the database. */
export interface Log {
  readonly client: Reader;
  /** Reads in one transaction */
  read<T>(work: (client: Reader) => Promise<T>): Promise<T>;
}

/** All tables at an earlier revision. */
export interface Earlier {
  readonly revision: string;
  readonly rev: bigint;
  /** The log has no past of its own: it is read up to `rev` */
  readonly log: Log;
  /** A kind's table then, as the caller may see it */
  delegate(kind: KindName): Delegate;
  /** The rows of a model then that meet a condition, in order, whether or not the caller may see them */
  find<R>(model: string, find: Pick<Find, 'where' | 'orderBy'>): Promise<R[]>;
}
