// Which kinds a ledger holds, and the columns of tables as statements over whole sets of rows need them.
import { tables, type ColumnType, type Rows } from '../../store/generated/columns.ts';

/** Parents before their parts: rows are written in this order and deleted in the opposite one. */
export const ledgerKinds = [
  'Bastion',
  'Network',
  'Server',
  'ServerNic',
  'ServerDisk',
  'ClusterMember',
  'Vm',
  'VmNic',
  'InstallAttempt',
  'Lease',
  'Condition',
] as const satisfies readonly (keyof Rows)[];

export type RowKind = (typeof ledgerKinds)[number];

/** A field of a model and its column in the database. */
export interface Column {
  readonly field: string;
  readonly name: string;
  readonly type: ColumnType;
}

/** The columns of a model's fields, in the order in which they are named; of all its fields when none is. */
export function columnsOf<M extends keyof Rows>(model: M, ...fields: (keyof Rows[M] & string)[]): readonly Column[] {
  const { columns } = tables[model];
  const named = fields.length > 0 ? fields : (Object.keys(columns) as (keyof Rows[M] & string)[]);
  return named.map((field) => ({ field, ...columns[field] }));
}

/** A model's table. */
export const tableNameOf = (model: keyof Rows): string => tables[model].table;
