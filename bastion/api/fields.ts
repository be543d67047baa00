// Reads the known fields of an untrusted JSON object; null and empty texts count as absent.
import { isIP } from 'node:net';
import { parseMac } from '../../common/mac.ts';
import { badField, Refusal } from './refusal.ts';
import { printable, quoted, TEXT } from './text.ts';

/** An object, and where in the report it stands (`nics[1]`, or nothing for the report itself). */
export interface Fields {
  readonly values: Readonly<Record<string, unknown>>;
  readonly path: string;
}

/** Disks or NICs of one machine. */
const MOST_PARTS = 256;
/** Texts in a list; of more the rest is left out. */
const MOST_TEXTS = 64;
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

/** Several texts, each as `text` takes it, without the empty ones; undefined when absent. */
export function texts(from: Fields, name: string): string[] | undefined {
  const value = from.values[name] ?? undefined;
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw wrongType(from, name, value, 'a list of texts');
  const list: Fields = { values: value as never, path: pathOf(from, name) };
  return value.slice(0, MOST_TEXTS).flatMap((_, at) => text(list, String(at)) ?? []);
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
export function choice<T>(
  from: Fields,
  name: string,
  table: Readonly<Record<string, T>>,
  otherwise?: T,
): T | undefined {
  const value = text(from, name);
  if (value === undefined) return undefined;
  const key = value.toLowerCase();
  if (Object.hasOwn(table, key)) return table[key];
  if (otherwise !== undefined) return otherwise;
  throw badField(pathOf(from, name), `is ${quoted(value)}, and not one of ${Object.keys(table).join(', ')}`, OMIT);
}

/** A host's address; a prefix length (`192.168.8.20/24`) or a zone (`fe80::1%eno1`) is dropped. */
export function address(from: Fields, name: string): string | undefined {
  const value = text(from, name);
  if (value === undefined) return undefined;
  const bare = value.replace(/[/%].*$/, '').toLowerCase();
  if (isIP(bare) !== 0) return bare;
  throw badField(pathOf(from, name), `is ${quoted(value)}, which is not an IP address`, OMIT);
}

/** The normalised address. */
export function mac(from: Fields, name: string): string {
  const value = from.values[name] ?? undefined;
  const path = pathOf(from, name);
  const remedy = 'Send the address of one network interface, such as 38:05:25:33:e2:e4.';
  if (value === undefined) throw badField(path, 'is missing', remedy);
  if (typeof value !== 'string') throw wrongType(from, name, value, 'a text');
  const parsed = parseMac(value);
  if ('problem' in parsed) throw badField(path, `is ${quoted(value)}, which ${parsed.problem}`, remedy);
  return parsed.mac;
}

/** The parts of a machine, each read by `read`. */
export function parts<T>(from: Fields, name: string, read: (part: Fields) => T): T[] | undefined {
  const value = from.values[name] ?? undefined;
  if (value === undefined) return undefined;
  const path = pathOf(from, name);
  if (!Array.isArray(value)) throw wrongType(from, name, value, 'a list');
  if (value.length > MOST_PARTS) {
    throw badField(
      path,
      `has ${value.length} entries, and ${MOST_PARTS} at most are taken`,
      'Report the physical ones only.',
    );
  }
  return value.map((part: unknown, at) => {
    if (!isObject(part))
      throw badField(
        `${path}[${at}]`,
        `is ${typeName(part)} rather than an object`,
        'Send each as an object with its name.',
      );
    return read({ values: part, path: `${path}[${at}]` });
  });
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

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  const names: Record<string, string> = {
    string: 'a text',
    number: 'a number',
    boolean: 'true or false',
    object: 'an object',
  };
  return names[typeof value] ?? typeof value;
}
