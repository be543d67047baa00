// Loads everything that a batch may need from the database, in a fixed number of statements.
import type { InstallStage, Prisma, Tombstone } from '../../../store/generated/client.ts';
import { macDigits } from '../../../../common/mac.ts';
import { usableSerial, usableUuid } from '../contract/junk.ts';
import { select } from '../../ledger/sql.ts';
import { tombstonesOf } from './tombstones.ts';
import type { MachineReport } from '../contract/validate.ts';
import type { BatchState } from './batchState.ts';

type Client = Prisma.TransactionClient;

/** What the items of a batch refer to. */
export interface References {
  reports: readonly MachineReport[];
  /** Of progress and output */
  macs: readonly string[];
  bastions: readonly string[];
}

/** How many machines with the same value are loaded; a serial number that more machines have identifies none. */
const LOOKED_AT = { mac: 16, value: 3 };

const CONDITIONS = `t.subject_kind = 'Server' AND t.subject_id = ANY($1::uuid[])`;

const FIND = `
SELECT s.id FROM unnest($1::text[]) AS v(x) CROSS JOIN LATERAL (SELECT id FROM server WHERE boot_mac = v.x LIMIT ${LOOKED_AT.mac}) s
UNION SELECT s.id FROM unnest($1::text[]) AS v(x) CROSS JOIN LATERAL (SELECT server_id AS id FROM server_nic WHERE mac = v.x LIMIT ${LOOKED_AT.mac}) s
UNION SELECT s.id FROM unnest($2::text[]) AS v(x) CROSS JOIN LATERAL (SELECT id FROM server WHERE dmi_uuid = v.x LIMIT ${LOOKED_AT.value}) s
UNION SELECT s.id FROM unnest($3::text[]) AS v(x) CROSS JOIN LATERAL (SELECT id FROM server WHERE "serial" = v.x LIMIT ${LOOKED_AT.value}) s
UNION SELECT s.id FROM unnest($4::text[]) AS v(x) CROSS JOIN LATERAL (SELECT server_id AS id FROM server_disk WHERE "serial" = v.x LIMIT ${LOOKED_AT.value}) s`;

/** Fills the batch with what the items refer to. */
export async function load(client: Client, batch: BatchState, wanted: References): Promise<void> {
  const { reports, macs, bastions } = wanted;
  const candidates = await find(client, wanted);
  const ofServers = 't.server_id = ANY($1::uuid[])';
  if (candidates.length > 0) {
    const servers = await select(client, 'Server', 't.id = ANY($1::uuid[])', candidates);
    const nics = await select(client, 'ServerNic', ofServers, candidates);
    const disks = await select(client, 'ServerDisk', ofServers, candidates);
    batch.loadServers(servers, nics, disks);
    batch.conditions.load(await select(client, 'Condition', CONDITIONS, candidates));
    await loadSharers(client, batch);
    await loadSightingsAndHolders(client, batch, candidates);
    if (macs.length > 0) await loadAttempts(client, batch, candidates);
  }
  batch.tombstones.push(...((await tombstonesOf(client, bastions)) satisfies Tombstone[]));
  await loadNames(client, batch, [...reports.map(({ mac }) => mac), ...macs]);
}

async function find(client: Client, { reports, macs }: References): Promise<string[]> {
  const values = (of: (report: MachineReport) => (string | null | undefined)[]) =>
    [...new Set(reports.flatMap(of))].filter((value) => value != null);
  const rows = await client.$queryRawUnsafe<{ id: string | null }[]>(
    FIND,
    [...new Set([...values(({ mac, nics = [] }) => [mac, ...nics.map((nic) => nic.mac)]), ...macs])],
    values(({ facts }) => [usableUuid(facts.dmiUuid)]),
    values(({ facts }) => [usableSerial(facts.serial)]),
    values(({ disks = [] }) => disks.map(({ serial }) => usableSerial(serial))),
  );
  return rows.flatMap(({ id }) => id ?? []);
}

/** Loads servers that share a MAC with these according to conditions, so that these conditions can end. */
async function loadSharers(client: Client, batch: BatchState): Promise<void> {
  const sharing = batch.ledger.all('Condition').filter(({ reason }) => reason === 'SharedMac');
  const named = sharing.flatMap(({ evidence }) => (evidence as { servers?: string[] }).servers ?? []);
  const others = [...new Set(named)].filter((id) => !batch.ledger.get('Server', id));
  if (others.length === 0) return;
  batch.ledger.load('Server', await select(client, 'Server', 't.id = ANY($1::uuid[])', others));
  batch.conditions.load(await select(client, 'Condition', CONDITIONS, others));
}

async function loadSightingsAndHolders(client: Client, batch: BatchState, servers: readonly string[]): Promise<void> {
  const seen = await client.$queryRawUnsafe<{ serverId: string; bastionId: string }[]>(
    'SELECT server_id AS "serverId", bastion_id AS "bastionId" FROM sighting WHERE server_id = ANY($1::uuid[])',
    servers,
  );
  for (const { serverId, bastionId } of seen) batch.knownSightings.add(`${serverId} ${bastionId}`);
  const holders = [...new Set(batch.ledger.all('Server').flatMap(({ bastionId }) => bastionId ?? []))];
  const heard = await client.$queryRawUnsafe<{ id: string; at: Date }[]>(
    'SELECT bastion_id AS id, max(last_seen_at) AS at FROM bastion_session WHERE bastion_id = ANY($1::uuid[]) GROUP BY bastion_id',
    holders,
  );
  for (const { id, at } of heard) batch.lastHeard.set(id, at);
}

/** Open attempts and the last ones, with the stages of those that are open. */
async function loadAttempts(client: Client, batch: BatchState, servers: readonly string[]): Promise<void> {
  const attempts = await select(
    client,
    'InstallAttempt',
    `t.server_id = ANY($1::uuid[]) AND (t.outcome IS NULL OR t.number = (SELECT max(m.number) FROM install_attempt m WHERE m.server_id = t.server_id))`,
    servers,
  );
  for (const attempt of batch.ledger.load('InstallAttempt', attempts)) batch.ownPart('InstallAttempt', attempt);
  const open = attempts.filter(({ outcome }) => outcome === null).map(({ id }) => id);
  if (open.length === 0) return;
  const stages: InstallStage[] = await client.$queryRawUnsafe(
    `SELECT id, attempt_id AS "attemptId", name, position, message, error, started_at AS "startedAt", finished_at AS "finishedAt"
       FROM install_stage WHERE attempt_id = ANY($1::uuid[])`,
    open,
  );
  for (const stage of stages) batch.loadStage(stage);
  const lines = await client.$queryRawUnsafe<{ id: string; seq: bigint }[]>(
    'SELECT attempt_id AS id, max(seq) AS seq FROM log_line WHERE attempt_id = ANY($1::uuid[]) GROUP BY attempt_id',
    open,
  );
  for (const { id, seq } of lines) batch.lastLine.set(id, BigInt(seq));
}

/** Which of the names that new servers would get are taken. */
async function loadNames(client: Client, batch: BatchState, macs: readonly string[]): Promise<void> {
  const names = [...new Set(macs)].flatMap((mac) => namesFor(mac));
  const rows = await client.$queryRawUnsafe<{ name: string }[]>(
    'SELECT name FROM server WHERE name = ANY($1::text[])',
    names,
  );
  for (const { name } of rows) batch.taken.add(name);
}

/** Candidates for a new machine's name, until people rename it; the first that is free is taken. */
export function namesFor(mac: string): string[] {
  const base = `m-${macDigits(mac)}`;
  return [base, ...[2, 3, 4, 5, 6, 7, 8, 9].map((n) => `${base}-${n}`)];
}
