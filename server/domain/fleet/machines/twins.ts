// Twins: servers in different places that may be one machine. They are written outside the change log and change neither
// server, so that nobody learns of one but who may see both.
import type { Prisma } from '../../../store/generated/client.ts';
import type { Writer } from '../../../store/types.ts';
import type { Location } from '../../../../common/place.ts';
import { columnsOf } from '../../ledger/columns.ts';
import { retryIfLost, toArrays, unnest } from '../../ledger/sql.ts';
import { settingsFor } from '../../ledger/settings.ts';
import type { BatchState } from './batchState.ts';

type Client = Prisma.TransactionClient;

const COLUMNS = columnsOf('Twin', 'serverId', 'otherId', 'because', 'since');

interface Pair {
  readonly serverId: string;
  readonly otherId: string;
  readonly because: readonly string[];
}

/** Writes what a batch found out of twins; of servers that were reported whole, takes away those that are none any more. */
export async function writeTwins(client: Client, batch: BatchState): Promise<void> {
  const pairs = [...batch.twins].flatMap(([serverId, others]) =>
    [...others].map(([otherId, because]) => ({ serverId, otherId, because })),
  );
  await keepOnly(client, [...batch.wholly], pairs);
  await insert(client, pairs, batch.now);
}

/** Notes that a server which people made has a MAC that servers elsewhere have, too. */
export async function twinByMac(tx: Writer, server: Location & { id: string }, mac: string): Promise<void> {
  const others = await tx.client.server.findMany({
    where: { id: { not: server.id }, OR: [{ bootMac: mac }, { nics: { some: { mac } } }] },
    select: { id: true, cloud: true, environment: true },
    orderBy: { id: 'asc' },
    take: MOST,
  });
  const elsewhere = others.filter((one) => one.cloud !== server.cloud || one.environment !== server.environment);
  const pairs = elsewhere.map(({ id: otherId }) => ({ serverId: server.id, otherId, because: [`MAC ${mac}`] }));
  await insert(tx.client, pairs, settingsFor(tx).now());
}

/** Twins that are noted of a server at once. */
const MOST = 16;

async function keepOnly(client: Client, servers: readonly string[], pairs: readonly Pair[]): Promise<void> {
  if (servers.length === 0) return;
  await client.$executeRawUnsafe(
    `DELETE FROM twin WHERE (server_id = ANY($1::uuid[]) OR other_id = ANY($1::uuid[]))
        AND NOT EXISTS (SELECT 1 FROM unnest($2::uuid[], $3::uuid[]) AS u(a, b)
                         WHERE (server_id = u.a AND other_id = u.b) OR (server_id = u.b AND other_id = u.a))`,
    servers,
    pairs.map(({ serverId }) => serverId),
    pairs.map(({ otherId }) => otherId),
  );
}

async function insert(client: Client, pairs: readonly Pair[], since: Date): Promise<void> {
  if (pairs.length === 0) return;
  const both = pairs.flatMap(({ serverId, otherId, because }) => [
    { serverId, otherId, because, since },
    { serverId: otherId, otherId: serverId, because, since },
  ]);
  const once = [...new Map(both.map((one) => [`${one.serverId} ${one.otherId}`, one])).entries()];
  const rows = once.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  const { from, casts } = unnest(COLUMNS);
  await retryIfLost(
    client.$executeRawUnsafe(
      `INSERT INTO twin (server_id, other_id, because, since) SELECT ${casts.join(', ')} FROM ${from}
       ON CONFLICT (server_id, other_id) DO UPDATE SET because = excluded.because`,
      ...toArrays(COLUMNS, rows),
    ),
  );
}
