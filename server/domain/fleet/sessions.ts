// Connections of bastions: each has an epoch, a newer one fences those before it, and the last sequence that labd took
// goes with it. Whether a bastion is online follows from its session.
import type { Bastion, Prisma } from '../../store/generated/client.ts';
import type { Database, Origin, Writer } from '../../store/types.ts';
import { Conflict, Forbidden, InvalidInput } from '../errors.ts';
import { bastion as about, Conditions } from './conditions.ts';
import type { OpenUplinkInput } from './input.ts';
import { Ledger } from './ledger.ts';
import type { Uplink } from './results.ts';
import { defaults, PROTOCOL, type FleetSettings } from './settings.ts';
import { select, toArrays, unnest } from './sql.ts';
import { counter, required } from './validate.ts';

type Client = Prisma.TransactionClient;

/** The latest session of a bastion. */
export interface Session {
  id: string;
  bastionId: string;
  epoch: bigint;
  instance: string;
  acknowledged: bigint;
  snapshotWanted: boolean;
  closedAt: Date | null;
}

/** Sessions that are kept of each bastion, for whoever looks into what happened. */
const KEPT = 20n;

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** The latest sessions of some bastions. */
export async function latestSessions(client: Client, bastions: readonly string[]): Promise<Map<string, Session>> {
  const rows = await client.$queryRawUnsafe<Session[]>(
    `SELECT s.id, s.bastion_id AS "bastionId", s.epoch, s.instance, s.acknowledged, s.snapshot_wanted AS "snapshotWanted", s.closed_at AS "closedAt"
       FROM bastion_session s
       JOIN (SELECT bastion_id, max(epoch) AS epoch FROM bastion_session WHERE bastion_id = ANY($1::uuid[]) GROUP BY bastion_id) l
         ON l.bastion_id = s.bastion_id AND l.epoch = s.epoch`,
    bastions,
  );
  return new Map(rows.map((row) => [row.bastionId, row]));
}

/** Writes what a batch changed of sessions, all of which were heard of now. */
export async function saveSessions(client: Client, sessions: readonly Session[], now: Date): Promise<void> {
  if (sessions.length === 0) return;
  const fields = [['id', 'uuid'], ['acknowledged', 'int8'], ['snapshotWanted', 'bool'], ['lastSeenAt', 'timestamptz']] as const;
  const { from, casts: [id, acknowledged, wanted, seen] } = unnest(fields);
  const rows = sessions.map((session) => ({ ...session, lastSeenAt: now })).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  await client.$executeRawUnsafe(
    `UPDATE bastion_session SET acknowledged = ${acknowledged}, snapshot_wanted = ${wanted}, last_seen_at = ${seen}, closed_at = NULL
       FROM ${from} WHERE bastion_session.id = ${id}`,
    ...toArrays(fields, rows),
  );
}

/**
 * Opens a session for a bastion, which is made if there is none of that name, and fences the earlier ones.
 * Throws InvalidInput, Conflict when it speaks another protocol, Forbidden when it was revoked.
 */
export async function openUplink(db: Database, origin: Origin, input: OpenUplinkInput, settings: FleetSettings = defaults): Promise<Uplink> {
  check(input);
  const work = async (tx: Writer): Promise<Uplink> => {
    const ledger = new Ledger(settings.now(), settings.ids);
    const bastion = await introduce(tx, ledger, input);
    const earlier = (await latestSessions(tx.client, [bastion.id])).get(bastion.id);
    const { acknowledged, snapshotWanted } = resume(input, earlier);
    const epoch = (earlier?.epoch ?? 0n) + 1n;
    await setOnline(tx.client, ledger, bastion.id, true, 'Connected', 'It has an open uplink.');
    await ledger.flush(tx);
    await tx.client.bastionSession.updateMany({ where: { bastionId: bastion.id, closedAt: null }, data: { closedAt: ledger.now } });
    await tx.client.bastionSession.deleteMany({ where: { bastionId: bastion.id, epoch: { lte: epoch - KEPT } } });
    await tx.client.bastionSession.create({
      data: { bastionId: bastion.id, epoch, instance: input.instance, acknowledged, snapshotWanted, openedAt: ledger.now, lastSeenAt: ledger.now },
    });
    const row = ledger.get('Bastion', bastion.id)!;
    return { __typename: 'Uplink', bastion: row, epoch: Number(epoch), acknowledged: Number(acknowledged), snapshotWanted };
  };
  return (await db.write(origin, work, { lockHead: true })).value;
}

function check(input: OpenUplinkInput): void {
  for (const field of ['name', 'cloud', 'environment'] as const) {
    if (NAME.test(input[field])) continue;
    const remedy = 'Use lower-case letters, digits and hyphens, up to 63, with a letter or digit at each end.';
    throw new InvalidInput(`input.${field}`, `"${input[field].slice(0, 80)}" is not a name.`, remedy);
  }
  required(input.instance, 'input.instance');
  required(input.software, 'input.software');
  const oldest = counter(input.oldest, 'input.oldest');
  if (counter(input.newest, 'input.newest') < oldest) {
    throw new InvalidInput('input.newest', `${input.newest} is before the oldest, ${oldest}.`, 'Give the sequences of the first and the last item in the spool.');
  }
  if (input.protocol === PROTOCOL) return;
  throw new Conflict(
    `Bastion "${input.name}" speaks version ${input.protocol} of the uplink, and this labd speaks ${PROTOCOL}.`,
    'Install the lab-bastion of the same release as labd.',
  );
}

/** Finds or makes the bastion. Its place is its own word when it is made; afterwards it is labd's. */
async function introduce(tx: Writer, ledger: Ledger, input: OpenUplinkInput): Promise<Bastion> {
  const { name, cloud, environment, instance, protocol, software } = input;
  const [known] = ledger.load('Bastion', await select(tx.client, 'Bastion', 't.name = $1', name));
  if (known?.revokedAt) {
    const permission = `uplink:${known.cloud}:${known.environment}:bastions/${name}`;
    throw new Forbidden(permission, `Bastion "${name}" was revoked.`, `Enrol it anew, under another name or after lab delete bastion ${name}.`);
  }
  if (known) {
    ledger.update('Bastion', known.id, { instance, protocol, software });
    return known;
  }
  const own = { certificateSerial: null, certificateExpiresAt: null, revokedAt: null };
  return ledger.create('Bastion', { name, cloud, environment, labels: {}, labelTokens: [], managers: {}, instance, protocol, software, ...own });
}

/**
 * Where to go on. What the spool no longer has cannot be sent again: the count goes on after it, and a snapshot makes
 * up for it. A spool that ends before what labd took is not the one that it was: it will use those sequences again.
 */
export function resume({ instance, oldest, newest }: OpenUplinkInput, earlier: Session | undefined): { acknowledged: bigint; snapshotWanted: boolean } {
  const carried = earlier?.instance === instance ? earlier.acknowledged : 0n;
  const wanted = earlier?.instance === instance && earlier.snapshotWanted;
  const [first, last] = [BigInt(oldest), BigInt(newest)];
  if (first > carried + 1n) return { acknowledged: first - 1n, snapshotWanted: true };
  if (first === 0n && last > carried) return { acknowledged: last, snapshotWanted: true };
  if (last > 0n && last < carried) return { acknowledged: first === 0n ? last : first - 1n, snapshotWanted: true };
  return { acknowledged: carried, snapshotWanted: wanted };
}

/** Says whether a bastion is online; its beginning and its end are changes. */
export async function setOnline(client: Client, ledger: Ledger, bastionId: string, online: boolean, reason: string, message: string): Promise<void> {
  ledger.load('Bastion', await select(client, 'Bastion', 't.id = $1::uuid', bastionId));
  const conditions = new Conditions(ledger);
  conditions.load(await select(client, 'Condition', `t.subject_kind = 'Bastion' AND t.subject_id = $1::uuid`, bastionId));
  if (conditions.find(about(bastionId), 'BastionOnline')?.status === online) return;
  conditions.begin(about(bastionId), { type: 'BastionOnline', reason, message, status: online });
}

/** Ends a session when its connection does, unless a newer one took over. */
export async function closeUplink(db: Database, origin: Origin, bastionId: string, epoch: number, settings: FleetSettings = defaults): Promise<void> {
  await db.write(
    origin,
    async (tx) => {
      const session = (await latestSessions(tx.client, [bastionId])).get(bastionId);
      if (!session || session.epoch !== BigInt(epoch) || session.closedAt) return;
      await end(tx, session, settings, 'Disconnected', 'Its connection ended.');
    },
    { lockHead: true },
  );
}

/** Ends sessions that were silent for too long; to be called every few seconds. Returns how many it ended. */
export async function sweep(db: Database, settings: FleetSettings = defaults): Promise<number> {
  const due = { closedAt: null, lastSeenAt: { lt: new Date(settings.now().getTime() - settings.silence) } };
  const silent = await db.prisma.bastionSession.findMany({ where: due, select: { bastionId: true } });
  if (silent.length === 0) return 0;
  const work = async (tx: Writer) => {
    const sessions = await tx.client.bastionSession.findMany({ where: due });
    const latest = await latestSessions(tx.client, [...new Set(sessions.map(({ bastionId }) => bastionId))]);
    for (const session of sessions) {
      if (latest.get(session.bastionId)?.id === session.id) await end(tx, session, settings, 'Silent', `It said nothing for ${settings.silence / 1000} seconds.`);
      else await tx.client.bastionSession.update({ where: { id: session.id }, data: { closedAt: settings.now() } });
    }
    return sessions.length;
  };
  return (await db.write({ actor: 'labd', action: 'sweep', requestId: '', address: '' }, work, { lockHead: true })).value;
}

async function end(tx: Writer, { id, bastionId }: { id: string; bastionId: string }, settings: FleetSettings, reason: string, message: string): Promise<void> {
  const ledger = new Ledger(settings.now(), settings.ids);
  await setOnline(tx.client, ledger, bastionId, false, reason, message);
  await ledger.flush(tx);
  await tx.client.bastionSession.update({ where: { id }, data: { closedAt: ledger.now } });
}
