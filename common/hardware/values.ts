// Reads one value of a machine's report, of any type, into the form in which it is kept. What cannot be taken is told, and
// left out: an odd value never stands in the way of the rest.
import { hostAddress } from '../address.ts';
import { usableUuid } from '../junk.ts';
import { parseHardwareAddress } from '../mac.ts';
import { isPrintable, printable, TEXT } from '../printable.ts';
import { isPrefixed } from './addresses.ts';
import { typeName, type IgnoredFields } from './ignored.ts';

/** What a value is read for. */
export interface Place {
  /** Where it stands, such as `disks[0].size_gb` */
  readonly path: string;
  readonly ignored: IgnoredFields;
  /** The largest number that is taken */
  readonly most?: number | undefined;
}

/** Texts in a list; of more the rest is left out. */
const MOST_TEXTS = 64;

const firmwares = { uefi: 'UEFI', bios: 'BIOS' } as const;

// The kernel's operstate; its other values, such as testing and dormant, say neither.
const states = { up: 'UP', down: 'DOWN', lowerlayerdown: 'DOWN', notpresent: 'DOWN' } as const;

/** One line of printable text, cut when it is too long; undefined for an empty one. */
function text(value: unknown, { path, ignored }: Place): string | undefined {
  if (typeof value !== 'string') return wrongType(value, 'a text', { path, ignored });
  const trimmed = value.trim();
  if (trimmed.length > TEXT) ignored.add(path, `has ${trimmed.length} characters, and is cut to ${TEXT}`, value);
  else if (!isPrintable(value)) ignored.add(path, 'has characters that cannot be printed, and is taken without', value);
  return printable(value) || undefined;
}

/** A text that stands for something else: how it is spelt is no matter. */
function word(value: unknown, at: Place): string | undefined {
  return typeof value === 'string' ? printable(value) || undefined : wrongType(value, 'a text', at);
}

/** What `make` makes of a word; what it makes nothing of is told, with what it is not. */
const wordAs =
  <T>(make: (word: string) => T | undefined, problem: string) =>
  (value: unknown, at: Place): T | undefined => {
    const given = word(value, at);
    if (given === undefined) return undefined;
    const made = make(given);
    if (made === undefined) at.ignored.add(at.path, problem, value);
    return made;
  };

/** All of a list that can be taken, each read by `read`. */
const listOf =
  <T>(read: (value: unknown, at: Place) => T | undefined) =>
  (value: unknown, { path, ignored }: Place): T[] | undefined => {
    if (!Array.isArray(value)) return wrongType(value, 'a list of texts', { path, ignored });
    bounded(value, MOST_TEXTS, { path, ignored });
    return value
      .slice(0, MOST_TEXTS)
      .flatMap((one: unknown, at) => read(one, { path: `${path}[${at}]`, ignored }) ?? []);
  };

const amount =
  (whole: boolean) =>
  (value: unknown, at: Place): number | undefined => {
    if (typeof value !== 'number') return wrongType(value, 'a number', at);
    const { most = 1e12 } = at;
    // Minus zero is zero.
    if (value >= 0 && value <= most && (!whole || Number.isInteger(value))) return value + 0;
    at.ignored.add(at.path, `is ${whole ? 'not a whole number' : 'not a number'} from 0 to ${most}`, value);
    return undefined;
  };

function macOf(value: unknown, at: Place): string | undefined {
  if (typeof value !== 'string') return wrongType(value, 'a text', at);
  const parsed = parseHardwareAddress(value);
  if ('mac' in parsed) return parsed.mac;
  at.ignored.add(at.path, parsed.problem, value);
  return undefined;
}

function prefixedOf(text: string): string | undefined {
  if (!isPrefixed(text)) return undefined;
  const [address = '', length] = text.split('/');
  return `${hostAddress(address)}/${Number(length)}`;
}

const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** How a value of each type is read. */
export const READ = {
  text,
  texts: listOf(text),
  /** A text whose case is no matter */
  lower: (value: unknown, at: Place) => text(value, at)?.toLowerCase(),
  /** A text that is a UUID, as a rule */
  uuid: (value: unknown, at: Place) => usableUuid(String(value)) ?? text(value, at)?.toLowerCase(),
  whole: amount(true),
  number: amount(false),
  flag: (value: unknown, at: Place) => (typeof value === 'boolean' ? value : wrongType(value, 'true or false', at)),
  /** An address of hardware */
  mac: macOf,
  /** A host's address; the length of its prefix and a zone are dropped */
  address: wordAs(hostAddress, 'is not an IP address'),
  /** Addresses with the lengths of their prefixes */
  prefixes: listOf(wordAs(prefixedOf, 'is not an IP address with a prefix')),
  firmware: wordAs((name) => own(firmwares, name.toLowerCase()), 'is neither uefi nor bios'),
  state: wordAs((name) => own(states, name.toLowerCase()) ?? 'UNKNOWN', ''),
} as const;

function wrongType(value: unknown, wanted: string, { path, ignored }: Place): undefined {
  ignored.add(path, `is ${typeName(value)} rather than ${wanted}`, value);
  return undefined;
}

/** Tells when a list has more entries than are taken. */
export function bounded(list: readonly unknown[], most: number, { path, ignored }: Place): void {
  if (list.length <= most) return;
  ignored.add(path, `has ${list.length} entries, of which the first ${most} are taken`, list.slice(most));
}
