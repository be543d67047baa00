// What labd does when its clock follows the database's over a leap: times that were noted before it are of another clock.
// Bastions are not taken for silent by it, nor their leases for over, and running installs go on with the time they had.
import type { Database } from '../../../store/types.ts';
import { pauseDeadlines } from '../installs/overdue.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { settingsFor, type FleetSettings } from '../../ledger/settings.ts';

/**
 * Takes all that runs over a leap from one time to the present. Deadlines are paused as of that time; the next sweep
 * resumes them, moved by the leap. Several labds may do so one after the other: deadlines stay within their bounds.
 */
export async function leapFrom(db: Database, before: Date, settings: FleetSettings = settingsFor(db)): Promise<void> {
  await db.write(
    { actor: 'labd', action: 'sweep', requestId: '', address: '' },
    async (tx) => {
      const ledger = new Ledger(settings.now(), settings.ids);
      await pauseDeadlines(tx.client, ledger, undefined, before);
      await ledger.flush(tx);
      await tx.client.bastionSession.updateMany({
        where: { lastSeenAt: { gt: new Date(before.getTime() - settings.lease) } },
        data: { lastSeenAt: ledger.now },
      });
    },
    { lockHead: true },
  );
}
