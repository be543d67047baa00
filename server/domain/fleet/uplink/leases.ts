// Which addresses a bastion's DHCP server gave to which machines. A lease that is new or gone is a change; a renewal is none.
import type { Database, Origin, Writer } from '../../../store/types.ts';
import type { Rows } from '../../../store/generated/columns.ts';
import { normaliseMac } from '../../../../common/mac.ts';
import { parseIpv4 } from '../../../../common/ipv4.ts';
import { InvalidInput } from '../../errors.ts';
import { columnsOf } from '../../ledger/columns.ts';
import { Ledger } from '../../ledger/ledger.ts';
import type { FleetSettings } from '../../ledger/settings.ts';
import { select, toArrays, unnest } from '../../ledger/sql.ts';
import { count, moment } from '../contract/checks.ts';
import type { BastionLeasesTold, UplinkFenced } from '../contract/results.ts';
import { inSession } from './inSession.ts';

export interface LeaseInput {
  ip: string;
  mac: string;
  expiresAt: Date;
}

/** `bastion` is the bare uuid. */
export interface TellBastionLeasesInput {
  bastion: string;
  epoch: number;
  /** All that it has given, and that have not run out */
  leases: readonly LeaseInput[];
}

type Lease = Pick<Rows['Lease'], 'ip' | 'mac' | 'expiresAt'>;

/** Leases that are taken of one bastion. */
const MOST = 1_500;

function checkLease({ ip, mac, expiresAt }: LeaseInput, at: number): Lease {
  const wrong = (field: string, message: string, remedy: string) =>
    new InvalidInput(`input.leases[${at}].${field}`, message, remedy);
  if (parseIpv4(ip) === undefined)
    throw wrong('ip', 'This is no address of IPv4.', 'Write it as four numbers, such as 10.0.0.20.');
  const sound = normaliseMac(mac);
  if (sound === null) throw wrong('mac', 'This is no MAC address.', 'Write it as 52:54:00:12:34:56.');
  return { ip, mac: sound, expiresAt: moment(expiresAt, `input.leases[${at}].expiresAt`) };
}

function checkLeases(leases: readonly LeaseInput[]): Map<string, Lease> {
  count(leases, 'input.leases', MOST);
  const byAddress = new Map<string, Lease>();
  for (const [at, given] of leases.entries()) {
    const lease = checkLease(given, at);
    if (byAddress.has(lease.ip))
      throw new InvalidInput(
        `input.leases[${at}].ip`,
        `The address ${lease.ip} is there twice.`,
        'An address is leased to one machine at a time.',
      );
    byAddress.set(lease.ip, lease);
  }
  return byAddress;
}

const EXPIRY = columnsOf('Lease', 'id', 'expiresAt');

/** Keeps what a bastion has leased, in place of what it said before. Throws InvalidInput. */
export async function tellLeases(
  db: Database,
  origin: Origin,
  { bastion, epoch, leases }: TellBastionLeasesInput,
  settings: FleetSettings,
): Promise<BastionLeasesTold | UplinkFenced> {
  const told = checkLeases(leases);
  return inSession(db, origin, { bastion, epoch }, settings, async (tx, ledger): Promise<BastionLeasesTold> => {
    const known = ledger.load('Lease', await select(tx.client, 'Lease', 't.bastion_id = $1::uuid', bastion));
    const renewed: Pick<Rows['Lease'], 'id' | 'expiresAt'>[] = [];
    const left = new Map(told);
    for (const { id, ip, mac, expiresAt } of known) {
      const now = left.get(ip);
      // Given to another machine, it is another lease.
      if (now?.mac !== mac) {
        ledger.remove('Lease', id);
        continue;
      }
      left.delete(ip);
      if (now.expiresAt.getTime() !== expiresAt.getTime()) {
        ledger.settle('Lease', id, { expiresAt: now.expiresAt });
        renewed.push({ id, expiresAt: now.expiresAt });
      }
    }
    for (const lease of left.values()) ledger.create('Lease', { ...lease, bastionId: bastion });
    await renew(tx, renewed);
    return { __typename: 'BastionLeasesTold', leases: told.size };
  });
}

async function renew({ client }: Writer, renewed: readonly Pick<Rows['Lease'], 'id' | 'expiresAt'>[]): Promise<void> {
  if (renewed.length === 0) return;
  const { from, casts } = unnest(EXPIRY);
  const [id, expiresAt] = casts;
  await client.$executeRawUnsafe(
    `UPDATE lease SET expires_at = ${expiresAt} FROM ${from} WHERE lease.id = ${id}`,
    ...toArrays(
      EXPIRY,
      renewed.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    ),
  );
}

/** Milliseconds after which a lease that ran out is gone: clocks of bastions differ from labd's. */
const KEPT = 3_600_000;
/** Leases that go in one transaction; the rest follow at the next look. */
const AT_ONCE = 500;

/** Removes what ran out while its bastion did not say so, since it is away or serves no DHCP any more. */
export async function sweepLeases(db: Database, settings: FleetSettings): Promise<void> {
  const before = new Date(settings.now().getTime() - KEPT);
  const isOver = { where: { expiresAt: { lt: before } }, select: { id: true } };
  if ((await db.prisma.lease.findFirst(isOver)) === null) return;
  const work = async (tx: Writer) => {
    const ledger = new Ledger(settings.now(), settings.ids);
    const due = `t.expires_at < $1::timestamptz ORDER BY t.expires_at LIMIT ${AT_ONCE}`;
    const leases = ledger.load('Lease', await select(tx.client, 'Lease', due, before.toISOString()));
    const holders = leases.flatMap(({ bastionId }) => bastionId ?? []);
    ledger.load('Bastion', await select(tx.client, 'Bastion', 't.id = ANY($1::uuid[])', [...new Set(holders)]));
    for (const { id } of leases) ledger.remove('Lease', id);
    await ledger.flush(tx);
  };
  await db.write({ actor: 'labd', action: 'sweep', requestId: '', address: '' }, work, { lockHead: true });
}
