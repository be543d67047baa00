// One migrator at a time, by a row that expires: no engine of ours but PostgreSQL has advisory locks.
import type { Pool, PoolClient } from 'pg';
import { MigrationRefused } from './errors.ts';

/** Seconds that a lease lasts without being renewed. */
const LASTS = 15;

const TAKE = `
INSERT INTO migration_lease AS l (id, holder, expires_at) VALUES (1, $1, clock_timestamp() + INTERVAL '${LASTS} seconds')
    ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
    WHERE l.expires_at < clock_timestamp() OR l.holder = excluded.holder`;

/**
 * Runs `work` while `holder` has the lease; waits for whoever has it, takes over what has expired.
 * `work` gets a guard to call inside its transactions: it throws when the lease went to somebody else meanwhile.
 */
export async function withLease<T>(
  pool: Pool,
  holder: string,
  work: (guard: (client: PoolClient) => Promise<void>) => Promise<T>,
): Promise<T> {
  const take = async () => (await pool.query(TAKE, [holder])).rowCount === 1;
  while (!(await take().catch(whenRaced))) await new Promise((go) => setTimeout(go, 100));
  const renewal = setInterval(() => void take().catch(() => {}), (LASTS * 1_000) / 3);
  try {
    return await work(async (client) => {
      const { rowCount } = await client.query('SELECT 1 FROM migration_lease WHERE id = 1 AND holder = $1 FOR UPDATE', [
        holder,
      ]);
      if (rowCount !== 1)
        throw new MigrationRefused(
          'Another labd took over migrating, since this one did not get on for too long: start again',
        );
    });
  } finally {
    clearInterval(renewal);
    await pool.query('DELETE FROM migration_lease WHERE id = 1 AND holder = $1', [holder]).catch(() => {});
  }
}

function whenRaced(error: unknown): false {
  if ((error as { code?: string }).code === '40001') return false;
  throw error;
}
