// What one report does: finds or makes its machine, records the sighting, and takes over the hardware from the holder.
import type { Server } from '../../../store/generated/client.ts';
import { server as about } from '../../ledger/conditions.ts';
import { replaceDisks, replaceNics } from './hardware.ts';
import { evidenceOf, type Verdict } from './recognise.ts';
import { namesFor } from './load.ts';
import { entombed } from './tombstones.ts';
import type { Report } from '../contract/validate.ts';
import type { Reporter, World } from './batchState.ts';

/** Applies a report; returns its server, or undefined when the machine is being forgotten. */
export function applyReport(world: World, reporter: Reporter, report: Report): string | undefined {
  const { mac, facts, nics, disks } = report;
  const macs = [mac, ...(nics ?? []).map((nic) => nic.mac)];
  if (entombed(world.tombstones, { bastionId: reporter.id, macs, uuid: facts.dmiUuid, serial: facts.serial })) {
    world.reminded.add(reporter.id);
    return undefined;
  }
  const diskSerials = (disks ?? []).map(({ serial }) => serial);
  const verdict = world.machines.match(
    evidenceOf({
      uuid: facts.dmiUuid,
      serial: facts.serial,
      bootMac: mac,
      macs,
      diskSerials,
      complete: nics !== undefined,
    }),
  );
  const known = 'maybe' in verdict ? madeBefore(world, reporter, report, verdict.maybe) : undefined;
  const id = 'is' in verdict ? verdict.is : (known ?? create(world, reporter, report).id);
  if ('maybe' in verdict && !known) contest(world, id, verdict);
  see(world, reporter, id, report.source);
  const server = world.ledger.get('Server', id)!;
  if (!world.mayHold(reporter, server)) return id;
  hold(world, reporter, server);
  observe(world, server, report, 'maybe' in verdict);
  return id;
}

/** The server that this same ambiguous report made when it first came: repeated, it makes no other. */
function madeBefore(
  world: World,
  reporter: Reporter,
  { mac, facts }: Report,
  maybe: readonly string[],
): string | undefined {
  return maybe.find((id) => {
    const server = world.ledger.get('Server', id);
    const contested = world.conditions.find(about(id), 'Conflict')?.reason === 'AmbiguousIdentity';
    const same = server?.dmiUuid === (facts.dmiUuid ?? null) && server.serial === (facts.serial ?? null);
    return contested && same && server.bootMac === mac && server.bastionId === reporter.id;
  });
}

function create(world: World, reporter: Reporter, { mac }: Report): Server {
  const free = namesFor(mac).find((one) => !world.taken.has(one));
  const name = free ?? `m-${world.settings.ids()}`;
  world.taken.add(name);
  return world.ledger.create('Server', {
    name,
    cloud: reporter.cloud,
    environment: reporter.environment,
    labels: {},
    labelTokens: [],
    managers: {},
    status: 'DISCOVERED',
    statusSince: world.now,
    role: null,
    locked: false,
    maintenance: false,
    hostname: null,
    ip: null,
    os: null,
    arch: null,
    cpuModel: null,
    cpuCores: null,
    memoryGb: null,
    vendor: null,
    product: null,
    serial: null,
    dmiUuid: null,
    firmware: null,
    bootMac: mac,
    bastionId: reporter.id,
    heldSince: world.now,
  });
}

/** Says on both sides that two servers may be one machine. */
function contest(world: World, id: string, { maybe, because }: Extract<Verdict, { maybe: string[] }>): void {
  const say = (subject: string, others: readonly string[]) => {
    const earlier = world.conditions.find(about(subject), 'Conflict')?.evidence as { servers?: string[] } | undefined;
    const servers = [...new Set([...(earlier?.servers ?? []), ...others])].toSorted();
    const names = servers.flatMap((one) => world.ledger.get('Server', one)?.name ?? []);
    world.conditions.begin(about(subject), {
      type: 'Conflict',
      reason: 'AmbiguousIdentity',
      message: `This may be the same machine as ${names.join(', ')}: ${because.join(', ')}. Nothing was merged.`,
      evidence: { servers, because },
    });
  };
  say(id, maybe);
  for (const other of maybe) say(other, [id]);
}

/** Records that a bastion saw a server. */
function see(world: World, reporter: Reporter, serverId: string, source: string): void {
  const key = `${serverId} ${reporter.id}`;
  world.seen.set(key, { serverId, bastionId: reporter.id, source, at: world.now });
  if (!world.sighted.has(key)) world.ledger.hold(serverId);
}

/** Makes the reporter the holder, which it may become, and ends what was said while nobody saw the server. */
function hold(world: World, reporter: Reporter, server: Server): void {
  if (server.bastionId !== reporter.id)
    world.ledger.update('Server', server.id, { bastionId: reporter.id, heldSince: world.now });
  world.conditions.end(about(server.id), 'Stale');
}

/** The bastion owns what it observes; an absent field leaves what is there. */
function observe(world: World, { id }: Server, report: Report, contested: boolean): void {
  const bootMac = report.source === 'progress' ? undefined : report.mac;
  world.ledger.update('Server', id, { ...report.facts, bootMac });
  const changed = [
    report.disks !== undefined && replaceDisks(world, id, report.disks),
    report.nics !== undefined && replaceNics(world, id, report.nics, contested),
  ];
  if (changed.includes(true)) world.ledger.touch('Server', id);
  world.identify(id);
}
