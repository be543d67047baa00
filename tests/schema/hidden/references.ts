// The ways to refer to what is hidden, to what is not there, and to what is seen, of each kind and for every way that its
// reference has.
import { randomUUID } from 'node:crypto';
import { isInputObjectType } from 'graphql';
import { catalog, type KindName } from '../../../schema/catalog.ts';
import { schema } from '../../../schema/index.ts';
import type { Narrow } from './narrow.ts';

export interface Reference {
  readonly kind: KindName;
  /** How it refers, such as `name` */
  readonly way: string;
  readonly value: string;
  /** One of the same form that refers to nothing */
  readonly nobody: string;
  readonly hidden: boolean;
}

/** A reference as an argument. */
export const by = ({ way, value }: Pick<Reference, 'way' | 'value'>): string => `{ ${way}: "${value}" }`;

type Row = Record<string, unknown> & { id: string };

/** What a server said of itself; of one that said nothing, what it says now. */
async function told({ graph }: Narrow, { id, ...row }: Row, column: 'ip' | 'serial', value: string): Promise<string> {
  if (row[column] != null) return row[column] as string;
  await graph.db.prisma.server.update({ where: { id }, data: { [column]: value } });
  return value;
}

/** The value of each way, of an object; a new way fails here until it is known what to say. */
const valueOf: Record<string, (row: Row, kind: KindName, narrow: Narrow) => Promise<string> | string> = {
  id: ({ id }, kind) => `${kind}:${id}`,
  name: async (row, _kind, { graph }) => {
    if (row['name'] !== undefined) return row['name'] as string;
    const server = await graph.db.prisma.server.findUniqueOrThrow({ where: { id: row['serverId'] as string } });
    return `${server.name}.${String(row['number'])}`;
  },
  mac: ({ bootMac }) => bootMac as string,
  address: (row, _kind, narrow) => told(narrow, row, 'ip', `10.77.${row.id.charCodeAt(34)}.${row.id.charCodeAt(35)}`),
  serial: (row, _kind, narrow) => told(narrow, row, 'serial', `serial-${row.id}`),
};

const nobodyOf: Record<string, (kind: KindName) => string> = {
  id: (kind) => `${kind}:${randomUUID()}`,
  name: (kind) => `nobody-${randomUUID()}${kind === 'InstallAttempt' ? '.1' : ''}`,
  mac: () => '02:ff:ff:ff:ff:ff',
  address: () => '10.78.0.1',
  serial: () => `nobody-${randomUUID()}`,
};

/** The ways that the graph has to refer to one object of a kind. */
function waysOf(kind: KindName): string[] {
  const type = schema.getType(`${kind}By`);
  return isInputObjectType(type) ? Object.keys(type.getFields()) : [];
}

/** Every way to refer to one object of each kind that is hidden, and to one that is seen. */
export async function references(narrow: Narrow): Promise<Reference[]> {
  const { graph, world, ids } = narrow;
  const found: Reference[] = [];
  for (const kind of Object.keys(catalog) as KindName[]) {
    const field = kind.charAt(0).toLowerCase() + kind.slice(1);
    const table = (graph.db.prisma as unknown as Record<string, { findMany(query: object): Promise<Row[]> }>)[field]!;
    const rows = await table.findMany({ orderBy: { id: 'asc' } });
    const related = (world.hidden as Record<string, { id: string }>)[field]?.id;
    const hidden = rows.find(({ id }) => id === related) ?? rows.find(({ id }) => ids.has(id));
    const seen = rows.find(({ id }) => !ids.has(id));
    if (!hidden || !seen) throw new Error(`The world needs a ${kind} that is seen, and one that is hidden`);
    for (const row of [hidden, seen])
      for (const way of waysOf(kind)) {
        const value = await valueOf[way]!(row, kind, narrow);
        found.push({ kind, way, value, nobody: nobodyOf[way]!(kind), hidden: row === hidden });
      }
  }
  return found;
}
