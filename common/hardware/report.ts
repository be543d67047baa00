// Reads a machine's report. Only the address that it boots from is needed, which is whoever calls this who sees to it: all
// else is taken as far as it can be, and what cannot is told. The bastion reads what ramdisks post by this, and labd what
// bastions send, so that both take the same.
import { primaryOf } from './addresses.ts';
import { DISK, FACTS, NIC, type Field, type Read, type Table } from './fields.ts';
import { typeName, type IgnoredFields } from './ignored.ts';
import { bounded, READ, type Place } from './values.ts';

/** Disks or NICs of one machine; of more the rest is left out. */
const MOST_PARTS = 256;

export interface Hardware {
  readonly facts: Read<typeof FACTS>;
  /** undefined: the report says nothing of them */
  readonly disks: Read<typeof DISK>[] | undefined;
  readonly nics: Read<typeof NIC>[] | undefined;
}

/** By what name a report has a field: as ramdisks call it, or as the graph does. */
export type Spelling = (name: string, field: Field) => string;
export const asPosted: Spelling = (_name, { as }) => as;
export const asSent: Spelling = (name) => name;

type Given = Readonly<Record<string, unknown>>;

/** Reads all of a report but the address that it boots from; what is null counts as absent. */
export function readHardware(report: Given, spelling: Spelling, ignored: IgnoredFields): Hardware {
  const part =
    <T extends Table>(table: T, what: string) =>
    (given: Given, path: string) =>
      readPart(table, given, spelling, { path, ignored }, what) as Read<T> | undefined;
  const nic = part(NIC, 'the NIC');
  return {
    facts: readFields(FACTS, report, spelling, { path: '', ignored }),
    disks: parts(report['disks'], { path: 'disks', ignored }, part(DISK, 'the disk')),
    nics: parts(report['nics'], { path: 'nics', ignored }, (given, path) => {
      const read = nic(given, path);
      return read && withPrimary(read);
    }),
  };
}

/** A NIC with the address that it is best reached by. */
function withPrimary({ ip: given, ...nic }: Read<typeof NIC>): Read<typeof NIC> {
  const ip = primaryOf([...(given === undefined ? [] : [given]), ...(nic.addresses ?? [])]);
  return ip === undefined ? nic : { ...nic, ip };
}

const fieldPath = (path: string, { as }: Field) => (path === '' ? as : `${path}.${as}`);

/** The fields of a table that can be taken. */
function readFields(table: Table, given: Given, spelling: Spelling, { path, ignored }: Place): Given {
  const read = Object.entries(table).map(([name, field]) => {
    const spelt = spelling(name, field);
    const value = Object.hasOwn(given, spelt) ? (given[spelt] ?? undefined) : undefined;
    if (value === undefined) return [name, undefined] as const;
    return [name, READ[field.type](value, { path: fieldPath(path, field), ignored, most: field.most })] as const;
  });
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}

/** A disk or a NIC; undefined, and told, when it lacks what it must have. */
function readPart(table: Table, given: Given, spelling: Spelling, at: Place, what: string): Given | undefined {
  const read = readFields(table, given, spelling, at);
  const lacking = Object.entries(table).find(([name, { required }]) => required && !(name in read));
  if (!lacking) return read;
  const [name, field] = lacking;
  const value = given[spelling(name, field)] ?? '';
  const isThere = typeof value !== 'string' || value.trim() !== '';
  at.ignored.add(fieldPath(at.path, field), `is ${isThere ? 'needed' : 'missing'}: ${what} is left out`, given);
  return undefined;
}

/** All parts of one sort that can be taken. Of two with the same name the later one counts. */
function parts<P extends { name: string }>(
  value: unknown,
  { path, ignored }: Place,
  read: (given: Given, path: string) => P | undefined,
): P[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) {
    ignored.add(path, `is ${typeName(value)} rather than a list`, value);
    return undefined;
  }
  bounded(value, MOST_PARTS, { path, ignored });
  const taken = new Map<string, { part: P; at: number }>();
  for (const [at, given] of value.slice(0, MOST_PARTS).entries() as Iterable<[number, unknown]>) {
    const here = `${path}[${at}]`;
    if (typeName(given) !== 'an object') {
      ignored.add(here, `is ${typeName(given)} rather than an object`, given);
      continue;
    }
    const part = read(given as Given, here);
    if (!part) continue;
    const earlier = taken.get(part.name);
    if (earlier)
      ignored.add(`${path}[${earlier.at}]`, `has the name of ${here}, which is taken instead`, value[earlier.at]);
    taken.set(part.name, { part, at });
  }
  return [...taken.values()].map(({ part }) => part);
}
