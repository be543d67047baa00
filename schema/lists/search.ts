// Finding objects by a part of anything that people read off them: a name, a label, an address, a serial number.
import { isIP } from 'node:net';
import { InvalidInput } from '../../server/domain/errors.ts';
import { canonicalAddress } from '../../common/address.ts';
import { allOf, likeable, storable, type Where } from '../../server/domain/where.ts';

/** What a column holds, which says how it is looked through. */
type Held = 'text' | 'mac' | 'address' | 'range' | 'addresses';

/** The same, of columns too that may hold nothing. */
type Searched = Held | `${Held}?`;

type Columns = Readonly<Record<string, Searched>>;

/** The columns that a kind is found by, and those of its parts by the relation that leads to them. */
export interface SearchedColumns {
  readonly own: Columns;
  readonly parts?: Readonly<Record<string, Columns>>;
}

/** The longest part of anything that can be found. */
const LONGEST = 100;

/** What some engines write behind an address that stands alone: a part of it is a part of every address. */
const suffixes = ['/32', '/128'];

const DIGITS = /^[0-9a-f]{2,}$/;
const PAIRS = /^[0-9a-f]{0,2}([:-][0-9a-f]{2})*[:-][0-9a-f]{0,2}$/;
const FOURS = /^[0-9a-f]{4}(\.[0-9a-f]{4})*\.[0-9a-f]{1,4}$/;

const pairs = (digits: string): string => digits.match(/..?/g)!.join(':');

/** The parts of a normalised hardware address that a text may mean, in whichever way it is spelt. */
function hardwareParts(text: string): string[] {
  if (PAIRS.test(text) && /[0-9a-f]{2}/.test(text)) return [text.replaceAll('-', ':')];
  if (FOURS.test(text)) return [pairs(text.replaceAll('.', ''))];
  // Of digits in a row nobody knows where pairs begin.
  return DIGITS.test(text) ? [pairs(text), `${text[0]}:${pairs(text.slice(1))}`] : [];
}

/** An address with every length of prefix that it may be kept with. */
export function withPrefixes(text: string): string[] {
  const bits = text.includes(':') ? 128 : 32;
  return Array.from({ length: bits + 1 }, (_, length) => `${text}/${length}`);
}

type Conditions = (column: string, text: string) => readonly Where[];

const part = (column: string, contains: string): Where => ({ [column]: { contains: likeable(contains) } });

/** The conditions of which one holds where a text is found. */
const conditions: Readonly<Record<Held, Conditions>> = {
  text: (column, text) => [{ [column]: { contains: likeable(text), mode: 'insensitive' } }],
  mac: (column, text) => hardwareParts(text.toLowerCase()).map((one) => part(column, one)),
  address: (column, text) => {
    if (text.includes('/')) return [];
    // Beside a dot it is no part of what is written behind every address.
    const isSuffix = suffixes.some((suffix) => suffix.includes(text));
    return isSuffix ? [part(column, `.${text}`), part(column, `${text}.`)] : [part(column, text.toLowerCase())];
  },
  range: (column, text) => [part(column, text.toLowerCase())],
  addresses: (column, text) =>
    isIP(text) === 0 ? [] : [{ [column]: { hasSome: withPrefixes(canonicalAddress(text)) } }],
};

/** What may hold nothing is guarded, so that SQL answers true or false and the opposite is exact. */
const found = (columns: Columns, text: string): Where[] =>
  Object.entries(columns).flatMap(([column, searched]) => {
    const held = searched.replace('?', '') as Held;
    const wheres = conditions[held](column, text);
    return held === searched ? wheres : wheres.map((where) => ({ AND: [{ [column]: { not: null } }, where] }));
  });

/** How many conditions a search makes at most. */
export function searchConditions({ own, parts = {} }: SearchedColumns): number {
  const many = (columns: object) => Object.keys(columns).length * 2;
  return many(own) + Object.values(parts).reduce((sum, one) => sum + many(one), 0);
}

/**
 * The condition that a text is found in one of the columns; `alone` leaves the parts out, for who looks at rows alone.
 * Throws InvalidInput naming `field` for a text that nothing can be found by.
 */
export function searchWhere(
  { own, parts = {} }: SearchedColumns,
  given: string,
  { field, alone }: { field: string; alone: boolean },
): Where {
  const text = given.trim();
  if (text === '' || text.length > LONGEST || !storable(text))
    throw new InvalidInput(
      field,
      text === '' ? 'There is nothing to search for.' : 'This is no text that anything can have.',
      `Let "search" be a part of a name, an address, a serial number or a label, of at most ${LONGEST} characters.`,
    );
  const below = alone ? [] : Object.entries(parts);
  const within = below.flatMap(([relation, columns]): Where[] => {
    const OR = found(columns, text);
    return OR.length === 0 ? [] : [{ [relation]: { some: { OR } } }];
  });
  return allOf({ OR: [...found(own, text), ...within] });
}
