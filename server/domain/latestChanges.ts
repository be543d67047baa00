// The latest changes of each of some objects, so many of each, in one statement.
import { Prisma, type Change } from '../store/generated/client.ts';
import type { Reader } from '../store/changes.ts';
import type { Where } from './where.ts';
import { type Columns, sqlOf } from './whereSql.ts';

/** What the change log can be searched by. */
const columns: Columns = {
  rev: Prisma.raw('c.rev'),
  name: Prisma.raw('c.name'),
  cloud: Prisma.raw('c.cloud'),
  environment: Prisma.raw('c.environment'),
  count: Prisma.raw('c.count'),
};

export interface Latest {
  readonly kind: string;
  readonly ids: readonly string[];
  readonly where: Where;
  readonly direction: 'asc' | 'desc';
  readonly take: number;
}

/** The latest changes (or the first) of each object that meet a condition. Refusals are none of its history. */
export function latestChanges(client: Reader, { kind, ids, where, direction, take }: Latest): Promise<Change[]> {
  return client.$queryRaw<Change[]>`
    SELECT l.* FROM unnest(${[...new Set(ids)]}::text[]) AS o(id) CROSS JOIN LATERAL (
      SELECT c.rev, c.tx_id AS "txId", c.n, c.kind, c.object_id AS "objectId", c.name, c.cloud, c.environment,
             c.operation, c.action, c.outcome, c.before, c.after, c.shape, c.actor, c.request_id AS "requestId",
             c.address, c.count, c.closed, c.at
        FROM change c WHERE c.kind = ${kind} AND c.object_id = o.id::uuid AND c.outcome = 'DONE' AND ${sqlOf(where, columns)}
       ORDER BY c.rev ${Prisma.raw(direction)} LIMIT ${take}) l`;
}
