// Applies one machine report: finds or creates its server, records the sighting and, when the reporter holds the server,
// updates its hardware.
import type { Server } from '../../../store/generated/client.ts';
import { type Evidence, refer, server as about } from '../../ledger/conditions.ts';
import { replaceDisks, replaceNics } from './hardware.ts';
import { evidenceOf, isRespelt, type Match, serialOf, uuidOf, type Verdict } from './recognise.ts';
import { namesFor } from './load.ts';
import { tellOddHardware } from './oddHardware.ts';
import { tombstoneOf } from './tombstones.ts';
import { noFacts } from '../contract/facts.ts';
import type { MachineReport } from '../contract/validate.ts';
import type { Reporter, BatchState } from './batchState.ts';

/** Applies a report; returns its server, or undefined when the machine is being forgotten. */
export function applyReport(batch: BatchState, reporter: Reporter, report: MachineReport): string | undefined {
  const { mac, facts, nics, disks } = report;
  const macs = [mac, ...(nics ?? []).map((nic) => nic.mac)];
  if (tombstoneOf(batch.tombstones, { bastionId: reporter.id, macs, uuid: facts.dmiUuid, serial: facts.serial })) {
    batch.reminded.add(reporter.id);
    return undefined;
  }
  const diskSerials = (disks ?? []).map(({ serial }) => serial);
  const evidence = evidenceOf({
    uuid: facts.dmiUuid,
    serial: facts.serial,
    bootMac: mac,
    macs,
    diskSerials,
    complete: nics !== undefined,
  });
  const known = batch.knownTo(reporter);
  const verdict = batch.machines.match(evidence, known);
  const elsewhere = batch.machines.match(evidence, (id) => !known(id));
  const earlier = 'maybe' in verdict ? createdByAmbiguousReport(batch, reporter, report, verdict.maybe) : undefined;
  const id = 'is' in verdict ? verdict.is.id : (earlier ?? create(batch, reporter, report).id);
  if ('maybe' in verdict && !earlier) contest(batch, id, verdict);
  recordSighting(batch, reporter, id, report.source);
  const server = batch.ledger.get('Server', id)!;
  if (!batch.mayHold(reporter, server)) return id;
  becomeHolder(batch, reporter, server);
  noteTwins(batch, id, elsewhere, nics !== undefined);
  updateObserved(batch, reporter, server, report, 'maybe' in verdict);
  tellOddHardware(batch, id, report);
  return id;
}

/** The server that the same ambiguous report created before, so that repeating it creates no other. */
function createdByAmbiguousReport(
  batch: BatchState,
  reporter: Reporter,
  { mac, facts }: MachineReport,
  maybe: readonly Match[],
): string | undefined {
  const found = maybe.find(({ id }) => {
    const server = batch.ledger.get('Server', id)!;
    const contested = batch.conditions.find(about(id), 'Conflict')?.reason === 'AmbiguousIdentity';
    const same =
      spelt(server.dmiUuid, uuidOf) === spelt(facts.dmiUuid, uuidOf) &&
      spelt(server.serial, serialOf) === spelt(facts.serial, serialOf);
    return contested && same && server.bootMac === mac && server.bastionId === reporter.id;
  });
  return found?.id;
}

/** A value as it is compared; junk as it is. */
const spelt = (value: string | null | undefined, of: typeof uuidOf): string | null => of(value) ?? value ?? null;

function create(batch: BatchState, reporter: Reporter, { mac }: MachineReport): Server {
  const free = namesFor(mac).find((one) => !batch.taken.has(one));
  const name = free ?? `m-${batch.settings.ids()}`;
  batch.taken.add(name);
  return batch.ledger.create('Server', {
    name,
    cloud: reporter.cloud,
    environment: reporter.environment,
    labels: {},
    labelTokens: [],
    labelText: '',
    managers: {},
    status: 'DISCOVERED',
    statusSince: batch.now,
    role: null,
    locked: false,
    maintenance: false,
    address: null,
    install: {},
    boot: {},
    bmc: {},
    power: {},
    hostname: null,
    ip: null,
    os: null,
    ...noFacts,
    bootMac: mac,
    bastionId: reporter.id,
    heldSince: batch.now,
  });
}

/** Sets a Conflict condition on both servers that may be one machine. */
function contest(batch: BatchState, id: string, { maybe }: Extract<Verdict, { maybe: Match[] }>): void {
  // To each is said what it has in common with the others, and nothing that only they have.
  const say = (subject: string, others: readonly string[], because: readonly string[]) => {
    const earlier = batch.conditions.find(about(subject), 'Conflict')?.evidence as Evidence | undefined;
    const servers = [...new Set([...(earlier?.servers ?? []), ...others])].toSorted();
    const names = servers.map((one) => refer('Server', one));
    batch.conditions.begin(about(subject), {
      type: 'Conflict',
      reason: 'AmbiguousIdentity',
      message: `This may be the same machine as ${names.join(', ')}: ${because.join(', ')}. Nothing was merged.`,
      evidence: { servers, because: [...because] },
    });
  };
  const others = maybe.map((one) => one.id);
  say(id, others, [...new Set(maybe.flatMap(({ because }) => because))]);
  for (const other of maybe) say(other.id, [id], other.because);
}

/** Notes which servers elsewhere may be the same machine. Neither of the two changes by it, nor does anything follow. */
function noteTwins(batch: BatchState, id: string, elsewhere: Verdict, whole: boolean): void {
  if (whole) batch.wholly.add(id);
  const others = 'is' in elsewhere ? [elsewhere.is] : 'maybe' in elsewhere ? elsewhere.maybe : [];
  for (const other of others) batch.addTwin(id, other);
}

/** Records that a bastion saw a server. */
export function recordSighting(batch: BatchState, reporter: Reporter, serverId: string, source: string): void {
  const key = `${serverId} ${reporter.id}`;
  batch.sightings.set(key, { serverId, bastionId: reporter.id, source, lastSeenAt: batch.now });
  if (!batch.knownSightings.has(key)) batch.ledger.lockServer(serverId);
}

/** Makes the reporter the server's holder and ends its Stale condition. */
function becomeHolder(batch: BatchState, reporter: Reporter, server: Server): void {
  if (server.bastionId !== reporter.id) {
    batch.ledger.update('Server', server.id, { bastionId: reporter.id, heldSince: batch.now });
    batch.gained.add(reporter.id);
  }
  batch.conditions.end(about(server.id), 'Stale');
}

/** What is known already and was only spelt otherwise stays as it was, so that two programs that report in turn change nothing. */
function sameSpelling(known: Server, { dmiUuid, serial }: MachineReport['facts']): Partial<Server> {
  return {
    ...(isRespelt(dmiUuid, known.dmiUuid, uuidOf) && { dmiUuid: known.dmiUuid }),
    ...(isRespelt(serial, known.serial, serialOf) && { serial: known.serial }),
  };
}

/** Updates what the bastion observes of a server; an absent field leaves the column as it is. */
function updateObserved(
  batch: BatchState,
  reporter: Reporter,
  { id }: Server,
  report: MachineReport,
  contested: boolean,
): void {
  const known = batch.ledger.get('Server', id)!;
  batch.ledger.update('Server', id, { ...report.facts, ...sameSpelling(known, report.facts), bootMac: report.mac });
  const changed = [
    report.disks !== undefined && replaceDisks(batch, id, report.disks),
    report.nics !== undefined && replaceNics(batch, reporter, id, report.nics, contested),
  ];
  if (changed.includes(true)) batch.ledger.touch('Server', id);
  batch.identify(id);
}
