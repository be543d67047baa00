// The machines in memory: what the bastion observed of them, and what labd says of them.
import { errandStages } from '../../common/install/stages.ts';
import { phaseOf, touchesDisk } from '../../common/install/transitions.ts';
import type { MachineReportInput, MachineState, ServerRole, ServerStatus } from '../generated/documents.ts';
import { Said, type SpoolItem } from './said.ts';

/** A machine by the MAC it boots from. Only what is known is there. */
export interface Machine {
  mac: string;
  /** When it last reported anything here, ISO 8601 */
  seenAt?: string;
  /** Its last discovery report to this bastion */
  report?: MachineReportInput;
  status: ServerStatus;
  /** The last stage of an install */
  stage?: string;
  /** What it was before its install, until a disk may be touched: what it is again if that is cancelled */
  before?: Before;
  hostname?: string;
  ip?: string;
  os?: string;
  role?: ServerRole;
  /** Why its last install failed, or was cancelled */
  reason?: string;
  /** Lines of output so far: the number of the next one */
  logged?: number;
  /** labd's name and graph id for it */
  name?: string;
  id?: string;
}

/** What an install changes of a machine before it touches a disk. */
type Before = Pick<Machine, 'status' | 'os' | 'role'>;

/** What labd says of a server that this bastion holds. */
export type Held = Pick<Machine, 'mac' | 'status'> &
  Required<Pick<Machine, 'id' | 'name'>> &
  Pick<Machine, 'hostname' | 'ip' | 'os' | 'role'>;

/** What a machine is once it has said this. */
const STATUS: Readonly<Record<MachineState, (machine: Machine) => ServerStatus>> = {
  QUEUED: () => 'PROVISIONING',
  INSTALLED: () => 'INSTALLED',
  FAILED: () => 'FAILED',
  CANCELLED: ({ before }) => before?.status ?? 'FAILED',
};

/** What is kept of a machine that is being installed, once it has said this. */
function keptOf(machine: Machine, stage: string, next: ServerStatus): { before?: Before } {
  if (next !== 'PROVISIONING' || touchesDisk(phaseOf(stage) ?? '')) return {};
  const { status, os, role, before } = machine;
  if (status === 'PROVISIONING') return before === undefined ? {} : { before };
  return { before: { status, ...(os === undefined ? {} : { os }), ...(role === undefined ? {} : { role }) } };
}

/** A machine without what an install had said that it gets, and as it was before. */
const undone = ({ os: _, role: _role, ...machine }: Machine, before: Before): Machine => ({ ...machine, ...before });

/** What is said with a reason. */
const REASONED: ReadonlySet<MachineState> = new Set<MachineState>(['FAILED', 'CANCELLED']);

const errandNames: ReadonlySet<string> = new Set(errandStages.map(({ name }) => name));

/** All machines in memory. It changes by items of the spool, in their order, and by what labd says. */
export class Machines {
  readonly #machines: Map<string, Machine>;
  /** The machine whose report lists a NIC with this MAC, by MAC; the later report wins, since NICs move */
  readonly #byNic = new Map<string, string>();
  /** All items up to here have been applied */
  through: number;
  /** How far what they said while they were installed was taken */
  readonly said: Said;
  /** How many times any machine changed since the start, and by MAC what that was when it did last, or was dropped */
  #moment = 0;
  readonly #changedAt = new Map<string, number>();
  readonly #forgottenAt = new Map<string, number>();

  constructor(machines: readonly Machine[] = [], through = 0, said = new Said()) {
    this.said = said;
    this.#machines = new Map(machines.map((machine) => [machine.mac, machine]));
    this.through = through;
    for (const machine of machines) this.#index(machine);
  }

  get size(): number {
    return this.#machines.size;
  }

  list(): Machine[] {
    return [...this.#machines.values()];
  }

  /** The machine that boots from this MAC, else the one that has a NIC with it. */
  find(mac: string): Machine | undefined {
    return this.#machines.get(mac) ?? this.#machines.get(this.#byNic.get(mac) ?? '');
  }

  /** Applies an item that is in the spool; one that was applied before changes nothing. */
  apply(item: SpoolItem): void {
    if (item.sequence <= this.through) return;
    this.through = item.sequence;
    this.#moment += 1;
    this.said.apply(item);
    const { report, progress, log } = item.body;
    if (report) this.#observe({ ...this.#at(report.mac), report, seenAt: item.at });
    // Without a proof it says of a machine that is known that it was seen, and nothing else.
    const seen = progress && !progress.proof ? this.find(progress.mac) : undefined;
    if (seen) this.#put({ ...seen, seenAt: item.at });
    if (progress?.proof) {
      const { mac, stage, state, hostname, ip, os, role, error, message } = progress;
      const stated = Object.fromEntries(
        Object.entries({ hostname, ip, os, role }).filter(([, value]) => value != null),
      );
      const known = this.#of(mac);
      const { reason, before, ...machine } = known;
      // A wipe and a shell that are over say nothing of what the machine is.
      const counts = state && !errandNames.has(stage);
      const status = counts ? STATUS[state](known) : machine.status;
      const given = counts ? (REASONED.has(state) ? (error ?? message) : undefined) : reason;
      const why = given == null ? {} : { reason: given };
      const next = { ...machine, ...stated, ...why, ...keptOf(known, stage, status), stage, seenAt: item.at, status };
      this.#observe(counts && state === 'CANCELLED' && before ? undone(next, before) : next);
    }
    if (log?.proof)
      this.#observe({ ...this.#of(log.mac), seenAt: item.at, logged: log.firstSequence + log.lines.length });
  }

  /** A moment between two changes, for `adopt`. Clocks may be set back, and changes of before would count as later. */
  now(): number {
    return this.#moment;
  }

  /**
   * Takes what labd says of all servers that this bastion holds, asked at the moment `since`: one call at a time. What
   * a machine reported or labd ordered after that is newer than labd's answer, which may name one that it had dropped.
   */
  adopt(held: readonly Held[], since: number): void {
    const names = new Set(held.map(({ mac }) => mac));
    for (const machine of this.list()) {
      if (names.has(machine.mac)) continue;
      const { id, name, ...observed } = machine;
      // One that only labd ever told us about, and no longer does, is gone.
      if (machine.seenAt === undefined) this.#machines.delete(machine.mac);
      else if (id !== undefined || name !== undefined) this.#machines.set(machine.mac, observed);
    }
    for (const server of held) {
      if ((this.#forgottenAt.get(server.mac) ?? 0) > since) continue;
      const known = this.#at(server.mac);
      const newer = (this.#changedAt.get(known.mac) ?? 0) > since;
      this.#put(newer ? { ...server, ...known, id: server.id, name: server.name } : { ...known, ...server });
    }
    for (const [mac, at] of this.#forgottenAt) if (at <= since) this.#forgottenAt.delete(mac);
  }

  /** Takes what labd says of the machine that boots from one of these MACs. */
  decide(macs: readonly string[], status: ServerStatus): void {
    const known = macs.flatMap((mac) => this.#machines.get(mac) ?? [])[0];
    if (!known) return;
    this.#moment += 1;
    this.#observe({ ...known, status });
  }

  /** Drops the machines that boot from these MACs; returns how many there were. */
  forget(macs: readonly string[]): number {
    this.#moment += 1;
    for (const mac of macs) this.#forgottenAt.set(mac, this.#moment);
    const dropped = macs.filter((mac) => this.#machines.delete(mac));
    for (const mac of dropped) this.#changedAt.delete(mac);
    for (const [nic, mac] of this.#byNic) if (dropped.includes(mac)) this.#byNic.delete(nic);
    return dropped.length;
  }

  #of(mac: string): Machine {
    return this.find(mac) ?? this.#at(mac);
  }

  #at(mac: string): Machine {
    return this.#machines.get(mac) ?? { mac, status: 'DISCOVERED' };
  }

  #observe(machine: Machine): void {
    this.#changedAt.set(machine.mac, this.#moment);
    this.#put(machine);
  }

  #put(machine: Machine): void {
    this.#machines.set(machine.mac, machine);
    this.#index(machine);
  }

  #index({ mac, report }: Machine): void {
    for (const nic of report?.nics ?? []) this.#byNic.set(nic.mac, mac);
  }
}
