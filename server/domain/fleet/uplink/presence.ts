// Keeps the condition BastionOnline: true from the opening of a session until it is closed or silent for too long.
import type { Prisma } from '../../../store/generated/client.ts';
import type { Database, Origin, Writer } from '../../../store/types.ts';
import { bastion as about, Conditions } from '../../ledger/conditions.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { latestSessions } from './sessions.ts';
import { settingsFor, type FleetSettings } from '../../ledger/settings.ts';
import { select } from '../../ledger/sql.ts';

type Client = Prisma.TransactionClient;

/** Sets whether a bastion is online; a difference is a change of the bastion. */
export async function setOnline(
  client: Client,
  ledger: Ledger,
  bastionId: string,
  online: boolean,
  reason: string,
  message: string,
): Promise<void> {
  ledger.load('Bastion', await select(client, 'Bastion', 't.id = $1::uuid', bastionId));
  const conditions = new Conditions(ledger);
  conditions.load(
    await select(client, 'Condition', `t.subject_kind = 'Bastion' AND t.subject_id = $1::uuid`, bastionId),
  );
  if (conditions.find(about(bastionId), 'BastionOnline')?.status === online) return;
  conditions.begin(about(bastionId), { type: 'BastionOnline', reason, message, status: online });
}

/** Ends a session when its connection does, unless a newer one took over. */
export async function closeUplink(
  db: Database,
  origin: Origin,
  bastionId: string,
  epoch: number,
  settings: FleetSettings = settingsFor(db),
): Promise<void> {
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

/** Milliseconds by which somebody may be heard of in the future: several labds have several clocks. */
const SLACK = 60_000;

/** Ends sessions that were silent for too long; to be called every few seconds. Returns how many it ended. */
export async function sweep(db: Database, settings: FleetSettings = settingsFor(db)): Promise<number> {
  const now = settings.now();
  // Or a bastion that a clock that was ahead had heard of would count as there, and as the holder, until that time.
  const ahead = await db.prisma.bastionSession.updateMany({
    where: { lastSeenAt: { gt: new Date(now.getTime() + SLACK) } },
    data: { lastSeenAt: now },
  });
  if (ahead.count > 0)
    db.logger.warn(
      { sessions: ahead.count },
      'Bastions were heard of in the future, by a clock that was ahead: it counts as now',
    );
  const due = { closedAt: null, lastSeenAt: { lt: new Date(settings.now().getTime() - settings.silence) } };
  const silent = await db.prisma.bastionSession.findMany({ where: due, select: { bastionId: true } });
  if (silent.length === 0) return 0;
  const work = async (tx: Writer) => {
    const sessions = await tx.client.bastionSession.findMany({ where: due });
    const latest = await latestSessions(tx.client, [...new Set(sessions.map(({ bastionId }) => bastionId))]);
    for (const session of sessions) {
      if (latest.get(session.bastionId)?.id === session.id)
        await end(tx, session, settings, 'Silent', `It said nothing for ${settings.silence / 1000} seconds.`);
      else await tx.client.bastionSession.update({ where: { id: session.id }, data: { closedAt: settings.now() } });
    }
    return sessions.length;
  };
  return (await db.write({ actor: 'labd', action: 'sweep', requestId: '', address: '' }, work, { lockHead: true }))
    .value;
}

async function end(
  tx: Writer,
  { id, bastionId }: { id: string; bastionId: string },
  settings: FleetSettings,
  reason: string,
  message: string,
): Promise<void> {
  const ledger = new Ledger(settings.now(), settings.ids);
  await setOnline(tx.client, ledger, bastionId, false, reason, message);
  await ledger.flush(tx);
  await tx.client.bastionSession.update({ where: { id }, data: { closedAt: ledger.now } });
}
