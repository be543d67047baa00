// Decides which known machine a report is about. Every identifying value adds to or subtracts from a machine's score;
// placeholders and values that several machines share do not count. Without a clear winner the result is ambiguous.
import { isMadeUp } from '../../../../common/mac.ts';
import { comparableSerial, comparableUuid, usableSerial, usableUuid } from '../../../../common/junk.ts';

/** The identifying values of a machine, from a report or from the database. */
export interface Evidence {
  uuid: string | undefined;
  serial: string | undefined;
  /** The two as they were reported, for people to read */
  written: { uuid: string | undefined; serial: string | undefined };
  bootMac: string;
  /** All of its MACs, the one it boots from included */
  macs: ReadonlySet<string>;
  diskSerials: ReadonlySet<string>;
  /** Whether `macs` is all there are, rather than those that are known by now */
  complete: boolean;
}

/** A machine that labd has. */
export interface KnownMachine extends Evidence {
  id: string;
  /** Retired machines may be found again, but do not make a value shared. */
  live: boolean;
}

/** The result: one machine, none, or several candidates when it is ambiguous. */
export type Verdict = { is: Match } | { maybe: Match[] } | { new: true };

/** A machine, and the values for which it may be the one. */
export interface Match {
  readonly id: string;
  readonly because: readonly string[];
}

/** Which machines are looked at, by their ids. */
export type Among = (id: string) => boolean;

/** The weights of values that match and of values that differ. A score of `enough` recognises a machine. */
const weights = {
  uuid: { same: 4, different: -4 },
  serial: { same: 3, different: -3 },
  mac: { each: 3, madeUp: 1, boot: 2, none: -5, missing: -1 },
  disk: { each: 2, most: 4, none: -1 },
  enough: 3,
  /** How far the best must be ahead of the next that would be enough too */
  ahead: 2,
} as const;

type Maybe = string | null | undefined;

/** A UUID as it is compared: programs read its bytes in two orders. */
export function uuidOf(text: Maybe): string | undefined {
  const uuid = usableUuid(text);
  return uuid && comparableUuid(uuid);
}

/** A serial number as it is compared: programs write it in either case. */
export function serialOf(text: Maybe): string | undefined {
  const serial = usableSerial(text);
  return serial && comparableSerial(serial);
}

/** Whether two values are one that was only spelt otherwise; junk is never. */
export const isRespelt = (one: Maybe, other: Maybe, compared: (text: Maybe) => string | undefined): boolean =>
  compared(one) !== undefined && compared(one) === compared(other);

/** What is comparable in the values of a machine, junk left out. */
export function evidenceOf(values: {
  uuid: string | null | undefined;
  serial: string | null | undefined;
  bootMac: string;
  macs: Iterable<string>;
  diskSerials: Iterable<string | null | undefined>;
  complete: boolean;
}): Evidence {
  const disks = [...values.diskSerials].flatMap((serial) => serialOf(serial) ?? []);
  return {
    uuid: uuidOf(values.uuid),
    serial: serialOf(values.serial),
    written: { uuid: usableUuid(values.uuid), serial: usableSerial(values.serial) },
    bootMac: values.bootMac,
    macs: new Set([values.bootMac, ...values.macs]),
    diskSerials: new Set(disks),
    complete: values.complete,
  };
}

/** An index of the candidate machines by each of their values. */
export class Machines {
  private readonly byId = new Map<string, KnownMachine>();
  private readonly byValue = new Map<string, Set<string>>();

  /** Adds a machine, or replaces what was known of it. */
  put(known: KnownMachine): void {
    this.drop(known.id);
    this.byId.set(known.id, known);
    for (const value of valuesOf(known)) {
      const ids = this.byValue.get(value) ?? new Set();
      this.byValue.set(value, ids.add(known.id));
    }
  }

  drop(id: string): void {
    const known = this.byId.get(id);
    if (!known) return;
    this.byId.delete(id);
    for (const value of valuesOf(known)) this.byValue.get(value)?.delete(id);
  }

  /** Machines that have this MAC. */
  withMac(mac: string, among: Among): KnownMachine[] {
    return this.with(`mac ${mac}`, among);
  }

  /** Which of some machines the evidence is about; the others count for nothing. */
  match(evidence: Evidence, among: Among): Verdict {
    const candidates = new Set(valuesOf(evidence).flatMap((value) => this.with(value, among).map(({ id }) => id)));
    const ranked = [...candidates]
      .map((id) => ({ id, ...this.weigh(evidence, this.byId.get(id)!, among) }))
      .sort((a, b) => b.weight - a.weight || (a.id < b.id ? -1 : 1));
    const [best, next] = ranked;
    if (!best) return { new: true };
    if (best.weight >= weights.enough) {
      if (!next || next.weight < weights.enough || best.weight - next.weight >= weights.ahead) return { is: best };
      const tied = ranked.filter(({ weight }) => weight >= weights.enough && best.weight - weight < weights.ahead);
      return { maybe: tied };
    }
    const doubtful = ranked.filter(({ weight, because }) => weight > 0 && because.length > 0);
    return doubtful.length === 0 ? { new: true } : { maybe: doubtful };
  }

  /** The score of a machine for some evidence, and which values matched. */
  private weigh(report: Evidence, known: KnownMachine, among: Among): { weight: number; because: string[] } {
    const because: string[] = [];
    let weight = 0;
    for (const key of ['uuid', 'serial'] as const) {
      const value = report[key];
      if (!value || !known[key]) continue;
      if (value !== known[key]) weight += weights[key].different;
      else if (!this.isShared(`${key} ${value}`, among)) {
        weight += weights[key].same;
        because.push(`${key} ${report.written[key]}`);
      }
    }
    const macs = [...report.macs].filter((mac) => known.macs.has(mac));
    for (const mac of macs) weight += isMadeUp(mac) ? weights.mac.madeUp : weights.mac.each;
    because.push(...macs.filter((mac) => !isMadeUp(mac)).map((mac) => `MAC ${mac}`));
    if (report.bootMac === known.bootMac) weight += weights.mac.boot;
    if (macs.length === 0) weight += weights.mac.none;
    else if (report.complete && [...known.macs].some((mac) => !report.macs.has(mac))) weight += weights.mac.missing;

    const disks = [...report.diskSerials].filter((serial) => known.diskSerials.has(serial));
    const telling = disks.filter((serial) => !this.isShared(`disk ${serial}`, among));
    weight += Math.min(telling.length * weights.disk.each, weights.disk.most);
    if (report.diskSerials.size > 0 && known.diskSerials.size > 0 && disks.length === 0) weight += weights.disk.none;
    return { weight, because };
  }

  private isShared(value: string, among: Among): boolean {
    return this.with(value, among).filter(({ live }) => live).length > 1;
  }

  private with(value: string, among: Among): KnownMachine[] {
    return [...(this.byValue.get(value) ?? [])].filter(among).map((id) => this.byId.get(id)!);
  }
}

const valuesOf = ({ uuid, serial, macs, diskSerials }: Evidence): string[] => [
  ...(uuid ? [`uuid ${uuid}`] : []),
  ...(serial ? [`serial ${serial}`] : []),
  ...[...macs].map((mac) => `mac ${mac}`),
  ...[...diskSerials].map((serial) => `disk ${serial}`),
];
