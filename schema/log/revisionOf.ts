// The revision of an object's last change, read from the change log.
import type { KindName } from '../catalog.ts';
import type { Moment } from '../base/context.ts';
import type { Row } from '../base/rows.ts';
import { logOf } from './logOf.ts';

const versionOf = (row: Row): string => String(row['version'] ?? 2n ** 63n - 1n);

/**
 * Loads `logId.rev` of the change that made each object what its row says, or of the log's floor when that is no longer
 * kept. The log is read after the row: a change that came in between must not be taken for one that the reader has seen,
 * or who writes back what was read would overwrite it.
 */
export const revisionOf = (kind: KindName) => async (rows: readonly Row[], here: Moment) => {
  const { client, upTo } = logOf(here);
  const ids = rows.map(({ id }) => id);
  const versions = rows.map(versionOf);
  const [head, last] = await Promise.all([
    client.head.findUniqueOrThrow({ where: { id: 1 } }),
    client.$queryRaw<{ id: string; version: string; rev: bigint | null }[]>`
      SELECT w.id::text AS id, w.version, (
        SELECT c.rev FROM change c
          WHERE c.kind = ${kind} AND c.object_id = w.id AND c.outcome = 'DONE'
            AND (c.after->>'version')::bigint <= w.version::bigint
            AND c.rev <= coalesce(${upTo}::bigint, 9223372036854775807)
          ORDER BY c.rev DESC LIMIT 1
      ) AS rev
      FROM unnest(${ids}::uuid[], ${versions}::text[]) AS w(id, version)`,
  ]);
  const keyOf = (id: string, version: string) => `${id} ${version}`;
  const revs = new Map(last.map(({ id, version, rev }) => [keyOf(id, version), rev]));
  return (one: Row): string => `${head.logId}.${revs.get(keyOf(one.id, versionOf(one))) ?? head.compacted}`;
};
