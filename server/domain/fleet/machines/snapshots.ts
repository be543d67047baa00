// Snapshots: a bastion lists all machines that it knows, in parts. Servers that it holds and did not list become Stale;
// nothing is ever deleted.
import type { Prisma } from '../../../store/generated/client.ts';
import { refer, server as about } from '../../ledger/conditions.ts';
import { select } from '../../ledger/sql.ts';
import type { Reporter, BatchState } from './batchState.ts';

/** A snapshot that has begun and not ended. It is lost when labd restarts, and then requested again. */
export interface Snapshot {
  epoch: bigint;
  /** Reports in its parts so far */
  reports: number;
  /** The servers that the bastion saw since it began */
  servers: Set<string>;
}

/** Sets the condition Stale on the servers that a bastion holds and did not list. */
export async function markStale(
  client: Prisma.TransactionClient,
  batch: BatchState,
  reporter: Reporter,
  { servers }: Snapshot,
): Promise<void> {
  // What this batch made or moved is not in the database yet, but it was seen.
  const missing = await select(
    client,
    'Server',
    't.bastion_id = $1::uuid AND NOT (t.id = ANY($2::uuid[]))',
    reporter.id,
    [...servers],
  );
  if (missing.length === 0) return;
  batch.ledger.load('Server', missing);
  const ids = missing.map(({ id }) => id);
  batch.conditions.load(
    await select(client, 'Condition', `t.subject_kind = 'Server' AND t.subject_id = ANY($1::uuid[])`, ids),
  );
  for (const id of ids) {
    if (batch.ledger.get('Server', id)?.bastionId !== reporter.id) continue;
    batch.conditions.begin(about(id), {
      type: 'Stale',
      reason: 'NotInSnapshot',
      message: `Bastion ${refer('Bastion', reporter.id)}, which holds it, did not name it among all machines that it knows.`,
      evidence: { bastions: [reporter.id] },
    });
  }
}
