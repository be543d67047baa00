// Tells labd which addresses this bastion's DHCP server gave: once a session, and when that changes.
import { TellBastionLeasesDocument } from '../generated/documents.ts';
import type { Connection, ConnectionEnded } from './connection.ts';
import type { UplinkContext } from './context.ts';
import { tell } from './tell.ts';

/** Who gives addresses. */
export interface HeldLeases {
  /** Those that have not run out; `expires` is in milliseconds since 1970 */
  leased(): readonly { readonly ip: string; readonly mac: string; readonly expires: number }[];
}

/** Of a bastion that serves no DHCP, whatever an earlier start of it did. */
export const NO_LEASES: HeldLeases = { leased: () => [] };

/** What labd takes of one bastion: as much as fits into one message. */
const MOST = 1_500;
/** Milliseconds between two times that only renewals are told. */
const RENEWALS_EVERY = 60_000;
/** The last day of those that labd's dates have, for a lease that never ends. */
const LAST = Date.UTC(9999, 11, 31);

/** Ends by throwing, when the connection does. */
export async function tellLeases(
  context: UplinkContext,
  on: Connection,
  bastion: string,
  epoch: number,
  { leased }: HeldLeases,
): Promise<never> {
  const { timings, sleep, clock, log } = context;
  let ended: ConnectionEnded | undefined;
  void on.ended.then((reason) => (ended = reason));
  const told = { who: '', all: '', at: -Infinity };
  for (;;) {
    const leases = leased()
      .toSorted((a, b) => (a.ip < b.ip ? -1 : 1))
      .map(({ ip, mac, expires }) => ({ ip, mac, expiresAt: new Date(Math.min(expires, LAST)).toISOString() }));
    const who = JSON.stringify(leases.map(({ ip, mac }) => [ip, mac]));
    const all = JSON.stringify(leases);
    const elapsed = clock.elapsed();
    if (who !== told.who || (all !== told.all && elapsed - told.at >= RENEWALS_EVERY)) {
      if (leases.length > MOST)
        log.warn({ leases: leases.length }, `labd takes ${MOST} leases of a bastion: it is not told of the others`);
      const isTold = await tell(context, 'which addresses are leased', async () => {
        const input = { bastion, epoch, leases: leases.slice(0, MOST) };
        return (await on.request(TellBastionLeasesDocument, { input })).tellBastionLeases;
      });
      if (isTold) Object.assign(told, { who, all, at: elapsed });
    }
    await sleep(timings.site);
    if (ended) throw ended;
  }
}
