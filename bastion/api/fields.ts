// Reads the known fields of an untrusted JSON object; null and empty texts count as absent.
import { hostAddress } from '../../common/address.ts';
import { typeName } from '../../common/hardware/ignored.ts';
import { parseHardwareAddress } from '../../common/mac.ts';
import { printable, TEXT } from '../../common/printable.ts';
import { badField, Refusal } from './refusal.ts';
import { quoted } from './text.ts';

/** An object, and where in the report it stands (`nics[1]`, or nothing for the report itself). */
export interface Fields {
  readonly values: Readonly<Record<string, unknown>>;
  readonly path: string;
}

const OMIT = 'Leave the field out when it is not known.';

/** The report itself; throws a Refusal when it is not an object. */
export function fieldsOf(value: unknown): Fields {
  if (isObject(value)) return { values: value, path: '' };
  throw new Refusal(
    400,
    `The body is ${typeName(value)} rather than an object`,
    'Send one JSON object, such as {"mac": "38:05:25:33:e2:e4"}.',
  );
}

/** One line of text; undefined when absent, and cut when too long. */
export function text(from: Fields, name: string, most: number = TEXT): string | undefined {
  const value = from.values[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw wrongType(from, name, value, 'a text');
  return printable(value, most) || undefined;
}

export function requiredText(from: Fields, name: string): string {
  const value = text(from, name);
  if (value === undefined)
    throw badField(pathOf(from, name), 'is missing', 'Every report needs it: send it as a text.');
  return value;
}

/** A number of something, zero included; fractions only when `whole` is false. */
export function amount(
  from: Fields,
  name: string,
  { whole, most }: { whole: boolean; most: number },
): number | undefined {
  const value = from.values[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number') throw wrongType(from, name, value, 'a number');
  if (value >= 0 && value <= most && (!whole || Number.isInteger(value))) return value;
  throw badField(
    pathOf(from, name),
    `is ${value}, and not ${whole ? 'a whole number' : 'a number'} from 0 to ${most}`,
    OMIT,
  );
}

/** True or false. */
export function flag(from: Fields, name: string): boolean | undefined {
  const value = from.values[name] ?? undefined;
  if (value === undefined || typeof value === 'boolean') return value;
  throw wrongType(from, name, value, 'true or false');
}

/** One of a table's keys in any case, as what the table has for it. */
export function choice<T>(from: Fields, name: string, table: Readonly<Record<string, T>>): T | undefined {
  const value = text(from, name);
  if (value === undefined) return undefined;
  const key = value.toLowerCase();
  if (Object.hasOwn(table, key)) return table[key];
  throw badField(pathOf(from, name), `is ${quoted(value)}, and not one of ${Object.keys(table).join(', ')}`, OMIT);
}

/** A host's address; a prefix length (`192.168.8.20/24`) or a zone (`fe80::1%eno1`) is dropped. */
export function address(from: Fields, name: string): string | undefined {
  const value = text(from, name);
  if (value === undefined) return undefined;
  const found = hostAddress(value);
  if (found !== undefined) return found;
  throw badField(pathOf(from, name), `is ${quoted(value)}, which is not an IP address`, OMIT);
}

/** The normalised address. */
export function mac(from: Fields, name: string): string {
  const value = from.values[name] ?? undefined;
  const path = pathOf(from, name);
  const remedy = 'Send the address of one network interface, such as 38:05:25:33:e2:e4.';
  if (value === undefined) throw badField(path, 'is missing', remedy);
  if (typeof value !== 'string') throw wrongType(from, name, value, 'a text');
  const parsed = parseHardwareAddress(value);
  if ('problem' in parsed) throw badField(path, `is ${quoted(value)}, which ${parsed.problem}`, remedy);
  return parsed.mac;
}

/** The object without what is undefined: absent is not null, and not zero. */
export function present<T extends object>(object: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

export function wrongType(from: Fields, name: string, value: unknown, wanted: string): Refusal {
  return badField(
    pathOf(from, name),
    `is ${typeName(value)} rather than ${wanted}`,
    `Send it as ${wanted}, or leave the field out.`,
  );
}

const pathOf = (from: Fields, name: string) => (from.path === '' ? name : `${from.path}.${name}`);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
