// The last statement of every write: the next revisions from the head, and the changes under them, at once.
import type { Prisma } from './generated/client.ts';
import type { Origin, Recorded } from './types.ts';

export type Outcome = 'DONE' | 'REFUSED';

/**
 * Seconds by which a clock may go back without its being seen: nodes of a database differ by less, and so do steps of
 * NTP. Within them time is the same for one change after another. A clock that was set back by more is taken as it is,
 * or one mistake would stand in every change until the time that it made up has come.
 */
export const SLACK = 60;

/**
 * One statement, so that no revision is ever taken without its change. Arrays of text carry the rows; an empty
 * string stands for no row, since not every driver sends NULL inside an array alike.
 */
const APPEND = `
WITH h AS (
  UPDATE head
     SET rev = rev + $1,
         at = CASE WHEN at > clock_timestamp() + interval '${SLACK} seconds' THEN clock_timestamp()
                   ELSE greatest(at, clock_timestamp()) END
   WHERE id = 1 RETURNING rev, at
), c AS (
  INSERT INTO change (rev, tx_id, n, kind, object_id, name, cloud, environment, operation, action, outcome,
                      before, after, shape, actor, request_id, address, at)
  SELECT h.rev - $1 + t.n, $2::uuid, t.n, t.kind, t.object_id::uuid, t.name, t.cloud, t.environment, t.operation, t.action,
         $3, NULLIF(t.before, '')::jsonb, NULLIF(t.after, '')::jsonb, t.shape, t.actor, t.request_id, t.address, h.at
    FROM h, unnest($4::int4[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
                   $12::text[], $13::int4[], $14::text[], $15::text[], $16::text[], $17::text[])
         AS t(n, kind, object_id, name, cloud, environment, operation, before, after, shape, action, actor, request_id,
              address)
  RETURNING 1
)
SELECT h.rev FROM h`;

/** Appends in the order given; returns the revision of the last one. Needs at least one change. */
export async function append(
  client: Prisma.TransactionClient,
  txId: string,
  origin: Origin,
  outcome: Outcome,
  changes: readonly Recorded[],
): Promise<bigint> {
  const column = <T>(of: (change: Recorded, i: number) => T) => changes.map(of);
  const json = (row: object | null) => (row === null ? '' : JSON.stringify(row));
  const who = (of: (origin: Origin) => string) => changes.map((change) => of(change.origin ?? origin));
  const rows = await client.$queryRawUnsafe<{ rev: bigint }[]>(
    APPEND,
    changes.length,
    txId,
    outcome,
    column((_, i) => i + 1),
    column(({ kind }) => kind),
    column(({ id }) => id),
    column(({ name }) => name),
    column(({ cloud }) => cloud),
    column(({ environment }) => environment),
    column(({ operation }) => operation),
    column(({ before }) => json(before)),
    column(({ after }) => json(after)),
    column(({ shape }) => shape ?? 1),
    who(({ action }) => action),
    who(({ actor }) => actor),
    who(({ requestId }) => requestId),
    who(({ address }) => address),
  );
  const rev = rows[0]?.rev;
  if (rev === undefined) throw new Error('The head of the change log is missing');
  return BigInt(rev);
}
