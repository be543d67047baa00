// What the tables held at an earlier revision, from the change log: what they hold now, with the changes since taken
// back. So a row that has not changed since needs no change that is still kept.
import type { Prisma } from './generated/client.ts';
import type { Reader } from './changes.ts';

type Json = Prisma.JsonObject;

/** Comes before every id. */
const NONE = '00000000-0000-0000-0000-000000000000';

/** An object that has changed since a revision. */
export interface Since {
  readonly id: string;
  /** Its row then; null when it was not there yet */
  readonly then: Json | null;
  /** Its last row before it went; null when it is still there */
  readonly last: Json | null;
}

/**
 * The first objects of a kind, by id, that have changed after a revision: at most `most` of those that follow the id
 * `after`. In one transaction with the table itself.
 */
export function rowsChangedSince(
  client: Reader,
  kind: string,
  rev: bigint,
  { after = NONE, most }: { after?: string | undefined; most: number },
): Promise<Since[]> {
  return client.$queryRaw<Since[]>`
    WITH changed AS (
      SELECT DISTINCT object_id FROM change
       WHERE kind = ${kind} AND object_id > ${after}::uuid AND rev > ${rev} AND outcome = 'DONE'
       ORDER BY object_id LIMIT ${most}
    ), later AS (
      SELECT rev, object_id, operation, before FROM change
       WHERE kind = ${kind} AND object_id IN (SELECT object_id FROM changed) AND rev > ${rev} AND outcome = 'DONE'
    ), first AS (
      SELECT DISTINCT ON (object_id) object_id, before FROM later ORDER BY object_id, rev
    ), last AS (
      SELECT DISTINCT ON (object_id) object_id, operation, before FROM later ORDER BY object_id, rev DESC
    )
    SELECT f.object_id::text AS id, f.before AS "then", CASE l.operation WHEN 'DELETE' THEN l.before END AS "last"
      FROM first f JOIN last l ON l.object_id = f.object_id ORDER BY f.object_id`;
}
