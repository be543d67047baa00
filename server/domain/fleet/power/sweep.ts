// Ends orders to power that no bastion took in time, and those that one took and never answered.
import type { Database, Writer } from '../../../store/types.ts';
import type { Prisma } from '../../../store/generated/client.ts';
import { settingsFor, type FleetSettings } from '../../ledger/settings.ts';
import { type EndedPower, endPower, overdueAt, seconds } from './power.ts';

/** Orders that are ended in one transaction; the rest follow at the next look. */
const AT_ONCE = 100;

interface Overdue {
  readonly id: string;
  readonly serverId: string | null;
  readonly takenAt: Date | null;
}

function find(client: Prisma.TransactionClient, { now }: FleetSettings): Promise<Overdue[]> {
  const { made, taken } = overdueAt(now().getTime());
  const outside = ([lt, gt]: readonly Date[]) => [{ lt: lt! }, { gt: gt! }];
  return client.order.findMany({
    where: {
      kind: 'POWER',
      acknowledgedAt: null,
      OR: [
        ...outside(made).map((createdAt) => ({ takenAt: null, createdAt })),
        ...outside(taken).map((takenAt) => ({ takenAt })),
      ],
    },
    select: { id: true, serverId: true, takenAt: true },
    orderBy: { id: 'asc' },
    take: AT_ONCE,
  });
}

const LATE = `Its bastion did not take it within ${seconds.good} s, so that nobody carries it out any more.`;
const LOST = `Its bastion took it, and did not say within ${seconds.ends} s how it ended. Ask for the state before trying again.`;

const ended = ({ id, serverId, takenAt }: Overdue): EndedPower => ({
  order: id,
  serverId,
  outcome: takenAt === null ? 'EXPIRED' : 'FAILED',
  state: 'UNKNOWN',
  message: takenAt === null ? LATE : LOST,
});

/** To be called every few seconds. Returns how many it ended. */
export async function sweepPower(db: Database, settings: FleetSettings = settingsFor(db)): Promise<number> {
  if ((await db.read((client) => find(client, settings))).length === 0) return 0;
  const work = async (tx: Writer) => {
    const overdue = await find(tx.client, settings);
    await tx.client.order.updateMany({
      where: { id: { in: overdue.map(({ id }) => id) } },
      data: { acknowledgedAt: settings.now(), outcome: 'EXPIRED' },
    });
    await endPower(tx, overdue.map(ended), settings);
    return overdue.length;
  };
  return (await db.write({ actor: 'labd', action: 'sweep', requestId: '', address: '' }, work, { lockHead: true }))
    .value;
}
