// The state of one batch: the machines that its items may be about, loaded once, changed in memory, written once.
import type {
  InstallAttempt,
  InstallStage,
  LogLine,
  Server,
  ServerDisk,
  ServerNic,
  Sighting,
  Tombstone,
} from '../../../store/generated/client.ts';
import { Conditions } from '../../ledger/conditions.ts';
import { evidenceOf, Machines, type Match } from './recognise.ts';
import { Ledger } from '../../ledger/ledger.ts';
import type { FleetSettings } from '../../ledger/settings.ts';

/** The bastion that an item comes from. */
export interface Reporter {
  id: string;
  name: string;
  cloud: string;
  environment: string;
}

/** A line of output, and the number that its bastion gave it; null when it is labd's own. */
export interface NumberedLine extends LogLine {
  given: bigint | null;
}

export class BatchState {
  readonly settings: FleetSettings;
  readonly ledger: Ledger;
  readonly conditions: Conditions;
  readonly machines = new Machines();
  /** When the bastions that hold servers were last heard of */
  readonly lastHeard = new Map<string, Date>();
  readonly tombstones: Tombstone[] = [];
  /** By attempt, then by name */
  readonly stages = new Map<string, Map<string, InstallStage>>();
  /** Highest number of a line of output that is kept, by attempt */
  readonly lastLine = new Map<string, bigint>();
  /** By attempt and by the bastion's number: lines of output that have a number of which an item of the batch has a line too */
  private readonly linesByNumber = new Map<string, Map<bigint, Set<string>>>();
  /** Names that new servers cannot have */
  readonly taken = new Set<string>();

  // What is written besides the ledger.
  /** By server and bastion */
  readonly sightings = new Map<string, Omit<Sighting, 'firstSeenAt'>>();
  readonly lines: NumberedLine[] = [];
  readonly changedStages = new Map<string, InstallStage>();
  /** Attempts whose counts, of lines and of callbacks, have changed */
  readonly counted = new Set<string>();
  /** Attempts that ended in this batch, and those of them that failed */
  readonly ended = new Set<string>();
  readonly failed = new Set<string>();
  /** NICs to link */
  readonly unlinked = new Set<string>();
  /** Bastions that should be sent their orders again: they reported a forgotten machine */
  readonly reminded = new Set<string>();
  /** Bastions that hold a server from now on that they did not */
  readonly gained = new Set<string>();
  /** By server: those elsewhere that may be the same machine, and the values that both have */
  readonly twins = new Map<string, Map<string, readonly string[]>>();
  /** Where bastions hand over what is from before: servers of which somebody has decided since theirs joined, and attempts that labd ordered */
  readonly decidedSince = new Set<string>();
  /** Servers of which all hardware was reported: they have no other twins than these */
  readonly wholly = new Set<string>();
  /** Sightings that are there already, as `server bastion` */
  readonly knownSightings = new Set<string>();

  private readonly parts = {
    ServerNic: new Map<string, Set<string>>(),
    ServerDisk: new Map<string, Set<string>>(),
    InstallAttempt: new Map<string, Set<string>>(),
  };

  constructor(settings: FleetSettings) {
    this.settings = settings;
    this.ledger = new Ledger(settings.now(), settings.ids);
    this.conditions = new Conditions(this.ledger);
  }

  get now(): Date {
    return this.ledger.now;
  }

  /** Takes servers with all their parts. */
  loadServers(servers: readonly Server[], nics: readonly ServerNic[], disks: readonly ServerDisk[]): void {
    this.ledger.load('Server', servers);
    for (const nic of this.ledger.load('ServerNic', nics)) this.ownPart('ServerNic', nic);
    for (const disk of this.ledger.load('ServerDisk', disks)) this.ownPart('ServerDisk', disk);
    for (const server of servers) this.identify(server.id);
  }

  /** Makes a part findable from its server. */
  ownPart(
    kind: 'ServerNic' | 'ServerDisk' | 'InstallAttempt',
    { id, serverId }: { id: string; serverId: string | null },
  ): void {
    const owned = this.parts[kind].get(serverId!) ?? new Set();
    this.parts[kind].set(serverId!, owned.add(id));
  }

  nicsOf(serverId: string): ServerNic[] {
    return [...(this.parts.ServerNic.get(serverId) ?? [])].flatMap((id) => this.ledger.get('ServerNic', id) ?? []);
  }

  disksOf(serverId: string): ServerDisk[] {
    return [...(this.parts.ServerDisk.get(serverId) ?? [])].flatMap((id) => this.ledger.get('ServerDisk', id) ?? []);
  }

  /** Makes a server recognisable by what is known of it now. */
  identify(serverId: string): void {
    const server = this.ledger.get('Server', serverId);
    if (!server) return this.machines.drop(serverId);
    const macs = this.nicsOf(serverId).map(({ mac }) => mac);
    const diskSerials = this.disksOf(serverId).map(({ serial }) => serial);
    const { dmiUuid: uuid, serial, bootMac, status } = server;
    this.machines.put({
      id: serverId,
      live: status !== 'RETIRED',
      ...evidenceOf({ uuid, serial, bootMac, macs, diskSerials, complete: macs.length > 0 }),
    });
  }

  /** The attempts of a server that are loaded: those whose secret a callback of the batch is proven with, or all where one begins. */
  attemptsOf(serverId: string): InstallAttempt[] {
    return [...(this.parts.InstallAttempt.get(serverId) ?? [])].flatMap(
      (id) => this.ledger.get('InstallAttempt', id) ?? [],
    );
  }

  stagesOf(attemptId: string): InstallStage[] {
    return [...(this.stages.get(attemptId)?.values() ?? [])];
  }

  loadStage(stage: InstallStage): void {
    const stages = this.stages.get(stage.attemptId) ?? new Map<string, InstallStage>();
    this.stages.set(stage.attemptId, stages.set(stage.name, stage));
  }

  keepStage(stage: InstallStage): void {
    this.loadStage(stage);
    this.changedStages.set(stage.id, stage);
  }

  /** The lines of an attempt to which a bastion gave this number: several if its directory was copied; undefined if none. */
  linesAt(attemptId: string, given: bigint): ReadonlySet<string> | undefined {
    return this.linesByNumber.get(attemptId)?.get(given);
  }

  noteLine(attemptId: string, given: bigint, line: string): void {
    const numbered = this.linesByNumber.get(attemptId) ?? new Map<bigint, Set<string>>();
    this.linesByNumber.set(attemptId, numbered.set(given, (numbered.get(given) ?? new Set()).add(line)));
  }

  /**
   * Whether a bastion may learn that there is a server: it holds it, or both are in the same cloud and environment. What
   * is elsewhere is nothing to it, whatever its hardware says and however long nobody was heard of there.
   */
  mayKnow({ id, cloud, environment }: Reporter, server: Server): boolean {
    return server.bastionId === id || (server.cloud === cloud && server.environment === environment);
  }

  /** Machines that a bastion may know, for recognising one among them. */
  knownTo(reporter: Reporter): (id: string) => boolean {
    return (id) => {
      const server = this.ledger.get('Server', id);
      return server !== undefined && this.mayKnow(reporter, server);
    };
  }

  /**
   * Whether a bastion may change a server that it may know: it holds it, nobody does, or the holder was not heard of for
   * longer than the lease, which begins anew when it becomes the holder.
   */
  mayHold(reporter: Reporter, { bastionId, heldSince }: Server): boolean {
    if (bastionId === null || bastionId === reporter.id) return true;
    // A clock that was ahead would keep it for as long as it was.
    const since = heldSince && heldSince <= this.now ? heldSince : undefined;
    const last = Math.max(...[this.lastHeard.get(bastionId), since].map((at) => at?.getTime() ?? -Infinity));
    return this.now.getTime() - last > this.settings.lease;
  }

  /** Notes that a server may be the same machine as one that is elsewhere. */
  addTwin(serverId: string, { id, because }: Match): void {
    const twins = this.twins.get(serverId) ?? new Map<string, readonly string[]>();
    const values = new Set([...(twins.get(id) ?? []), ...because]);
    this.twins.set(serverId, twins.set(id, [...values]));
  }
}
