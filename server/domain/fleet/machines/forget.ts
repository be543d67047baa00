// Forgets a server: deletes it with all its parts and orders each bastion that saw it to forget it too. Until a bastion
// acknowledges that, a tombstone makes labd ignore its reports of the machine.
import type { Server } from '../../../store/generated/client.ts';
import type { Writer } from '../../../store/types.ts';
import { isMadeUp } from '../../../../common/mac.ts';
import { Conditions, server as about } from '../../ledger/conditions.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { settingsFor, type FleetSettings } from '../../ledger/settings.ts';
import { select } from '../../ledger/sql.ts';

/** Kinds that go with their server. */
export const PARTS = ['ServerNic', 'ServerDisk', 'ClusterMember', 'InstallAttempt'] as const;

/** Deletes a server within a write. Returns it as it was, or undefined when there is none. */
export async function forgetServer(
  tx: Writer,
  serverId: string,
  settings: FleetSettings = settingsFor(tx),
): Promise<Server | undefined> {
  const { client } = tx;
  const ledger = new Ledger(settings.now(), settings.ids);
  const [server] = ledger.load('Server', await select(client, 'Server', 't.id = $1::uuid', serverId));
  if (!server) return undefined;
  for (const kind of PARTS) {
    const rows: { id: string }[] = await select(client, kind, 't.server_id = $1::uuid', serverId);
    ledger.load(kind, rows as never[]);
  }
  const nics = ledger.all('ServerNic');
  for (const kind of PARTS) for (const { id } of ledger.all(kind)) ledger.remove(kind, id);
  for (const { id } of ledger.load('Vm', await select(client, 'Vm', 't.server_id = $1::uuid', serverId))) {
    ledger.update('Vm', id, { serverId: null });
  }
  await removeConditions(tx, ledger, server);
  ledger.remove('Server', serverId);
  await makeTombstones(
    tx,
    ledger,
    server,
    nics.map(({ mac }) => mac),
    settings,
  );
  await ledger.flush(tx);
  return server;
}

/** Removes the conditions of the server, and those of others that are about it. */
async function removeConditions({ client }: Writer, ledger: Ledger, { id }: Server): Promise<void> {
  const own = await select(client, 'Condition', `t.subject_kind = 'Server' AND t.subject_id = $1::uuid`, id);
  for (const condition of ledger.load('Condition', own)) ledger.remove('Condition', condition.id);
  const named = JSON.stringify({ servers: [id] });
  const conflicts = await select(
    client,
    'Condition',
    `t.type = 'Conflict' AND t.subject_kind = 'Server' AND t.evidence @> $1::jsonb`,
    named,
  );
  const others = conflicts.map(({ subjectId }) => subjectId).filter((other) => other !== id);
  if (others.length === 0) return;
  ledger.load('Server', await select(client, 'Server', 't.id = ANY($1::uuid[])', others));
  const conditions = new Conditions(ledger);
  conditions.load(conflicts);
  for (const { subjectId, detail, evidence, message, reason } of conflicts) {
    if (subjectId === id) continue;
    const left = ((evidence as { servers?: string[] }).servers ?? []).filter((other) => other !== id);
    if (left.length === 0) conditions.end(about(subjectId), 'Conflict', detail);
    else
      conditions.begin(about(subjectId), {
        type: 'Conflict',
        detail,
        reason,
        message,
        evidence: { ...(evidence as object), servers: left },
      });
  }
}

async function makeTombstones(
  { client }: Writer,
  ledger: Ledger,
  server: Server,
  nicMacs: readonly string[],
  { ids }: FleetSettings,
): Promise<void> {
  // One elsewhere that saw it before it lay here is told nothing, and hears no more of it.
  const { cloud, environment } = server;
  const seen = await client.sighting.findMany({
    where: { serverId: server.id, bastion: { cloud, environment } },
    select: { bastionId: true },
  });
  const bastions = new Set([
    ...(server.bastionId ? [server.bastionId] : []),
    ...seen.map(({ bastionId }) => bastionId),
  ]);
  // A MAC that software made up may be another machine's too.
  const macs = [...new Set([server.bootMac, ...nicMacs.filter((mac) => !isMadeUp(mac))])];
  const { id: serverId, name, dmiUuid, serial } = server;
  const createdAt = ledger.now;
  const orders = [...bastions].map((bastionId) => ({
    id: ids(),
    bastionId,
    serverId,
    kind: 'FORGET',
    payload: { name, macs },
    createdAt,
  }));
  await client.order.createMany({ data: orders });
  await client.tombstone.createMany({
    data: orders.map(({ id: orderId, bastionId }) => ({
      id: ids(),
      serverId,
      bastionId,
      name,
      dmiUuid,
      serial,
      macs,
      orderId,
      createdAt,
    })),
  });
}
