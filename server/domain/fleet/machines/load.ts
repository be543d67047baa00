// Loads everything that a batch may need from the database, in a fixed number of statements.
import type { InstallStage, Prisma, Tombstone } from '../../../store/generated/client.ts';
import { firstName } from '../../../../common/machineName.ts';
import { turnedUuid, usableSerial, usableUuid } from '../../../../common/junk.ts';
import { select } from '../../ledger/sql.ts';
import { tombstonesOf } from './tombstones.ts';
import type { Log, MachineReport } from '../contract/validate.ts';
import type { BatchState, Reporter } from './batchState.ts';

type Client = Prisma.TransactionClient;

/** What the items of one bastion refer to. */
export interface References {
  reporter: Reporter;
  reports: readonly MachineReport[];
  /** Of progress and output */
  macs: readonly string[];
  /** Of progress and output: hashes of attempts' secrets */
  proofs: readonly string[];
  /** At which revision the bastion joined, where some may be from before: what was decided since has to be known */
  joinedRevision: bigint | undefined;
  /** Whether some of these begin attempts: those that there are have to be known */
  begins: boolean;
  logs: readonly Log[];
}

/** How many machines with the same value are loaded; a serial number that more machines have identifies none. */
const LOOKED_AT = { mac: 16, value: 3 };

/** What is written by no decision of somebody's. */
const NOBODYS = ['pushUplink', 'sweep'];

const CONDITIONS = `t.subject_kind = 'Server' AND t.subject_id = ANY($1::uuid[])`;

/** Whether a server is one that the bastion who mentions a value may know: see BatchState.mayKnow. */
const KNOWN = `CASE WHEN t.bastion_id = v.bastion OR t.cloud = v.cloud AND t.environment = v.environment THEN 0 ELSE 1 END`;

/** Where a value is looked for, how many that have it are loaded, and where it stands in reports. */
const places = [
  { from: 'server t WHERE t.boot_mac = v.x', most: LOOKED_AT.mac, of: 'mac' },
  { from: 'server_nic p JOIN server t ON t.id = p.server_id WHERE p.mac = v.x', most: LOOKED_AT.mac, of: 'mac' },
  { from: 'server t WHERE t.dmi_uuid = v.x', most: LOOKED_AT.value, of: 'uuid' },
  { from: 'server t WHERE t."serial" = v.x', most: LOOKED_AT.value, of: 'serial' },
  {
    from: 'server_disk p JOIN server t ON t.id = p.server_id WHERE p."serial" = v.x',
    most: LOOKED_AT.value,
    of: 'disk',
  },
] as const;

type Source = (typeof places)[number]['of'];
const sources: readonly Source[] = ['mac', 'uuid', 'serial', 'disk'];

/** A value with the bastion that mentions it; four arrays of such for each source. */
const valuesFrom = (of: Source): string => {
  const [x, cloud, environment, bastion] = [1, 2, 3, 4].map((n) => `$${sources.indexOf(of) * 4 + n}`);
  return `unnest(${x}::text[], ${cloud}::text[], ${environment}::text[], ${bastion}::uuid[]) AS v(x, cloud, environment, bastion)`;
};

/** Those that the bastion may know come first, so that whatever is elsewhere never crowds them out. */
const FIND = places
  .map(
    ({ from, most, of }) =>
      `SELECT s.id FROM ${valuesFrom(of)} CROSS JOIN LATERAL (SELECT t.id FROM ${from} ORDER BY ${KNOWN}, t.id LIMIT ${most}) s`,
  )
  .join(' UNION ');

/** Fills the batch with what the items refer to. */
export async function load(client: Client, batch: BatchState, wanted: readonly References[]): Promise<void> {
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
    const proofs = [...new Set(wanted.flatMap((one) => one.proofs))];
    const begins = wanted.some((one) => one.begins);
    await loadDecided(client, batch, candidates, wanted);
    if (proofs.length > 0) await loadAttempts(client, batch, candidates, { proofs, begins });
    await loadLines(
      client,
      batch,
      wanted.flatMap(({ logs }) => logs),
    );
  }
  const bastions = wanted.map(({ reporter }) => reporter.id);
  batch.tombstones.push(...((await tombstonesOf(client, bastions)) satisfies Tombstone[]));
  const macs = wanted.flatMap(({ reports }) => reports.map(({ mac }) => mac));
  await loadNames(client, batch, macs);
}

/** A value in the spellings in which another program may have written it. */
const uuidsLike = (uuid: string | undefined) => (uuid === undefined ? [] : [uuid, turnedUuid(uuid)]);
const serialsLike = (serial: string | undefined) =>
  serial === undefined ? [] : [serial, serial.toLowerCase(), serial.toUpperCase()];

/** The values that one bastion mentions, by where they are looked for. */
const mentioned: Readonly<Record<Source, (from: References) => (string | null | undefined)[]>> = {
  mac: ({ reports, macs }) => [
    ...reports.flatMap(({ mac, nics = [] }) => [mac, ...nics.map((nic) => nic.mac)]),
    ...macs,
  ],
  uuid: ({ reports }) => reports.flatMap(({ facts }) => uuidsLike(usableUuid(facts.dmiUuid))),
  serial: ({ reports }) => reports.flatMap(({ facts }) => serialsLike(usableSerial(facts.serial))),
  disk: ({ reports }) =>
    reports.flatMap(({ disks = [] }) => disks.flatMap(({ serial }) => serialsLike(usableSerial(serial)))),
};

async function find(client: Client, wanted: readonly References[]): Promise<string[]> {
  const columns = sources.flatMap((source) => {
    const values = wanted.flatMap((from) =>
      [...new Set(mentioned[source](from))].flatMap((value) => (value == null ? [] : { value, ...from.reporter })),
    );
    return [
      values.map(({ value }) => value),
      values.map(({ cloud }) => cloud),
      values.map(({ environment }) => environment),
      values.map(({ id }) => id),
    ];
  });
  const rows = await client.$queryRawUnsafe<{ id: string }[]>(FIND, ...columns);
  return rows.map(({ id }) => id);
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

/** The attempts of some servers that have one of these secrets, with their stages; all of them where others begin. */
async function loadAttempts(
  client: Client,
  batch: BatchState,
  servers: readonly string[],
  { proofs, begins }: { proofs: readonly string[]; begins: boolean },
): Promise<void> {
  const attempts = await select(
    client,
    'InstallAttempt',
    't.server_id = ANY($1::uuid[]) AND ($3::boolean OR t.secret_hash = ANY($2::text[]))',
    servers,
    proofs,
    begins,
  );
  for (const attempt of batch.ledger.load('InstallAttempt', attempts)) batch.ownPart('InstallAttempt', attempt);
  if (attempts.length === 0) return;
  const ids = attempts.map(({ id }) => id);
  const stages: InstallStage[] = await client.$queryRawUnsafe(
    `SELECT id, attempt_id AS "attemptId", name, position, message, error, started_at AS "startedAt", finished_at AS "finishedAt"
       FROM install_stage WHERE attempt_id = ANY($1::uuid[])`,
    ids,
  );
  for (const stage of stages) batch.loadStage(stage);
  const lines = await client.$queryRawUnsafe<{ id: string; seq: bigint }[]>(
    'SELECT attempt_id AS id, max(seq) AS seq FROM log_line WHERE attempt_id = ANY($1::uuid[]) GROUP BY attempt_id',
    ids,
  );
  for (const { id, seq } of lines) batch.lastLine.set(id, BigInt(seq));
}

const DECIDED = `
WITH joined AS (
  SELECT t.id, v.since FROM unnest($1::uuid[], $2::int8[]) AS v(bastion, since)
    JOIN server t ON t.id = ANY($3::uuid[]) AND t.bastion_id = v.bastion
)
SELECT j.id FROM joined j JOIN change c ON c.kind = 'Server' AND c.object_id = j.id AND c.rev > j.since
 WHERE c.operation = 'UPDATE' AND c.outcome = 'DONE' AND c.action <> ALL($4::text[])
   AND (c.before->>'status' <> c.after->>'status' OR c.before->>'bastionId' IS DISTINCT FROM c.after->>'bastionId')
UNION SELECT a.id FROM joined j JOIN install_attempt a ON a.server_id = j.id AND a.revision IS NOT NULL
  JOIN change c ON c.kind = 'InstallAttempt' AND c.object_id = a.id AND c.operation = 'CREATE' AND c.rev > j.since
UNION SELECT j.id FROM joined j JOIN head h ON h.id = 1 AND h.compacted > j.since`;

/**
 * Of which servers somebody has decided since the bastion that hands something over there joined (their status, or who
 * holds them), and which attempts labd ordered since. What bastions say, and that something is overdue, is nobody's
 * decision; where the change log does not go back that far, somebody may have.
 */
async function loadDecided(
  client: Client,
  batch: BatchState,
  servers: readonly string[],
  wanted: readonly References[],
): Promise<void> {
  const joined = wanted.flatMap(({ reporter: { id }, joinedRevision: since }) =>
    since === undefined ? [] : [{ id, since: String(since) }],
  );
  if (joined.length === 0) return;
  const rows = await client.$queryRawUnsafe<{ id: string }[]>(
    DECIDED,
    joined.map(({ id }) => id),
    joined.map(({ since }) => since),
    servers,
    NOBODYS,
  );
  for (const { id } of rows) batch.decidedSince.add(id);
}

/** How many lines with one number are looked at: as many bastions may run on copies of one directory. */
const COPIES = 8;

const STORED_LINES = `SELECT v.id, v.given, l.line FROM unnest($1::uuid[], $2::int8[]) AS v(id, given)
    JOIN log_line l ON l.attempt_id = v.id AND l.seq = v.given
    LEFT JOIN renumbered_line r ON r.attempt_id = l.attempt_id AND r.seq = l.seq
   WHERE r.seq IS NULL
  UNION ALL
  SELECT v.id, v.given, l.line FROM unnest($1::uuid[], $2::int8[]) AS v(id, given)
   CROSS JOIN LATERAL (SELECT seq FROM renumbered_line WHERE attempt_id = v.id AND given = v.given ORDER BY seq DESC LIMIT ${COPIES}) r
    JOIN log_line l ON l.attempt_id = v.id AND l.seq = r.seq`;

/** The lines that have the numbers of these, so that what is sent again is told from what only has the same numbers. */
async function loadLines(client: Client, batch: BatchState, logs: readonly Log[]): Promise<void> {
  const given = batch.ledger.all('InstallAttempt').flatMap(({ id, secretHash }) => {
    const last = batch.lastLine.get(id) ?? -1n;
    const numbers = logs
      .filter(({ proof }) => proof !== null && proof === secretHash)
      .flatMap(({ firstSequence, lines }) => lines.map((_, i) => BigInt(firstSequence) + BigInt(i)));
    return [...new Set(numbers)].filter((number) => number <= last).map((number) => [id, String(number)] as const);
  });
  if (given.length === 0) return;
  const stored = await client.$queryRawUnsafe<{ id: string; given: bigint; line: string }[]>(
    STORED_LINES,
    given.map(([id]) => id),
    given.map(([, number]) => number),
  );
  for (const row of stored) batch.noteLine(row.id, BigInt(row.given), row.line);
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
  const base = firstName(mac);
  return [base, ...[2, 3, 4, 5, 6, 7, 8, 9].map((n) => `${base}-${n}`)];
}
