// The order of a list, as --sort-by says it: one of labd's, a shown column, or a path into manifests.
import { isIP } from 'node:net';
import type { Full, KindView, ListVariables, Row, Shape } from '../kinds/kind.ts';
import { parsePath } from '../print/jsonpathTemplate.ts';
import { columnsOf } from '../print/table.ts';
import { CliError } from '../terminal/errors.ts';

/** What --sort-by names, and whether it is turned round: ~ stands for - where that would be taken for a flag. */
const parsed = (sortBy: string): { name: string; reversed: boolean } =>
  /^[-~]/.test(sortBy) ? { name: sortBy.slice(1), reversed: true } : { name: sortBy, reversed: false };

/** `.metadata.createdAt` and `created-at` as an order of labd's: CREATED_AT. */
const orderName = (name: string): string =>
  name
    .replace(/^\{?\.?(?:metadata|spec|status)?\.?/, '')
    .replace(/\}$/, '')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase();

/** The order of labd's that --sort-by names, if it names one. */
export function orderOf({ orders }: KindView, sortBy: string | undefined): ListVariables['orderBy'] {
  if (sortBy === undefined) return undefined;
  const { name, reversed } = parsed(sortBy);
  const field = orderName(name);
  // The youngest has the least age.
  const byAge = field === 'AGE' && orders.includes('CREATED_AT');
  if (!byAge && !orders.includes(field)) return undefined;
  return { field: byAge ? 'CREATED_AT' : field, direction: reversed === byAge ? 'ASC' : 'DESC' };
}

const titled = (header: string): string => header.toLowerCase().replaceAll(/[\s_]/g, '-');

/** The column that --sort-by names: of the wide table too, also when that is not shown. */
const columnNamed = (view: KindView, name: string) =>
  [...columnsOf(view, false), ...columnsOf(view, true)].find(({ header }) => titled(header) === titled(name));

/** What has to be read to sort by hand. */
export const sortShape = (view: KindView, sortBy: string, shape: Shape): Shape =>
  columnNamed(view, parsed(sortBy).name) ? { ...shape, wide: true } : { ...shape, full: true };

const sizes: Readonly<Record<string, number>> = {
  '': 1,
  ...{ s: 1, m: 60, h: 3_600, d: 86_400 },
  ...{ B: 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 },
};

/** A number with or without a unit, as tables print it; undefined for what is none. */
function quantity(text: string): number | undefined {
  const [, number, unit] = /^(?:in )?(-?\d+(?:\.\d+)?)([A-Za-z]{0,2})$/.exec(text) ?? [];
  return number === undefined || sizes[unit!] === undefined ? undefined : Number(number) * sizes[unit!]!;
}

/** An address as digits of one length, those of IPv4 first; with the length of its prefix behind. */
function addressKey(text: string): string | undefined {
  const [address = '', length = ''] = text.split('/');
  const version = isIP(address);
  // With a zone it is an address of one link alone.
  if (version === 0 || address.includes('%') || !/^\d{0,3}$/.test(length)) return undefined;
  if (version === 4)
    return `4${address
      .split('.')
      .map((one) => one.padStart(3, '0'))
      .join('')}/${length.padStart(3, '0')}`;
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (part: string | undefined) => (part ? part.split(':') : []);
  const [before, after] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  const whole = [...before, ...zeros, ...after].map((one) => one.padStart(4, '0'));
  return `6${whole.join('')}/${length.padStart(3, '0')}`;
}

type Key = string | number | undefined;

const least = (a: string | number, b: string | number): number => (a < b ? -1 : Number(a > b));

const asNumber = (key: string | number): number | undefined => (typeof key === 'number' ? key : undefined);

/** As what a whole column is compared: as numbers, addresses or numbers with units if all of it is that, else as texts. */
function readingOf(keys: readonly (string | number)[]): (key: string | number) => string | number {
  const ways = [
    asNumber,
    (key: string | number) => addressKey(String(key)),
    (key: string | number) => quantity(String(key)),
  ];
  const way = ways.find((read) => keys.every((key) => read(key) !== undefined));
  return way ? (key) => way(key)! : String;
}

/** What a row is sorted by: a number or a text; undefined for nothing. */
function keyOf(view: KindView, name: string, now: number): (row: Row) => Key {
  const column = columnNamed(view, name);
  const scalar = (value: unknown): Key =>
    value === null || value === undefined || value === ''
      ? undefined
      : typeof value === 'number' || typeof value === 'string'
        ? value
        : JSON.stringify(value);
  if (column) return (row) => scalar(column.value(row, now));
  const path = parsePath(name.replace(/^\{(.*)\}$/s, '$1').replace(/^(?![.[@$])/, '.'));
  return (row) => {
    const parts = view.manifest(row);
    const whole = { metadata: row as Full, ...parts };
    if (name.includes('.')) return scalar(path(whole, whole)[0]);
    const of = (part: object) => (part as Record<string, unknown>)[name];
    return scalar(of(parts.status) ?? of(parts.spec));
  };
}

/** Sorts rows by a column or a path into their manifests, the absent last, for what labd does not order by. */
export function sortRows(view: KindView, rows: readonly Row[], sortBy: string, now = 0): Row[] {
  const { name, reversed } = parsed(sortBy);
  const key = keyOf(view, name, now);
  const keyed = rows.map((row) => ({ row, key: key(row) }));
  if (rows.length > 0 && !columnNamed(view, name) && keyed.every((one) => one.key === undefined)) {
    const columns = [...new Set(view.columns.map(({ header }) => titled(header)))];
    throw new CliError(
      'usage',
      `${view.kind.plural} cannot be sorted by "${name}".`,
      `Name a field of the manifest, such as .metadata.name or .status.cpuCores, or one of: ${[...new Set([...view.orders.map(titled), ...columns])].join(', ')}.`,
    );
  }
  const direction = reversed ? -1 : 1;
  const read = readingOf(keyed.flatMap((one) => one.key ?? []));
  return keyed
    .toSorted((a, b) =>
      a.key === undefined || b.key === undefined
        ? Number(a.key === undefined) - Number(b.key === undefined)
        : direction * least(read(a.key), read(b.key)),
    )
    .map(({ row }) => row);
}
