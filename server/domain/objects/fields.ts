// The words in which each kind's table of decided fields is written. Whoever takes input, reads manifests, undoes a
// change or shows a value derives it from that table, and has a table of these types, not a switch over kinds.
import type { Writer } from '../../store/types.ts';
import type { Checked } from '../../../common/checked.ts';
import type { PartSet } from './partSets.ts';
import type { Input, Permissions, Row } from './types.ts';

/** What the value of a field is. */
export type FieldType =
  | {
      readonly is:
        'text' | 'document' | 'name' | 'mac' | 'cidr' | 'address' | 'flag' | 'labels' | 'texts' | 'counter' | 'sealed';
    }
  | { readonly is: 'whole' | 'number'; readonly least: number; readonly most: number }
  | { readonly is: 'json'; readonly list: boolean }
  | Choice
  | { readonly is: 'reference'; readonly kind: string }
  | PartSet;

/** One of few words. */
export interface Choice {
  readonly is: 'choice';
  /** What such words are called together */
  readonly of: string;
  readonly words: readonly string[];
}

/** What a value is written with. */
export interface Asking {
  readonly tx: Writer;
  /** The row as it was; null when it is made */
  readonly before: Row | null;
  readonly may: Permissions;
}

/** One field that people decide. */
export interface Field {
  readonly type: FieldType;
  readonly description: string;
  /** Needed to make one, and never taken away. GraphQL and manifests ask for it, before a row is read. */
  readonly required?: true;
  /** Said when one is made, and not changed later; a function tells whether an object is so already */
  readonly fixed?: true | ((tx: Writer, row: Row, value: unknown) => Promise<boolean>);
  /** What it is when nobody says, or nobody says any longer. A field that has null here can be set to null. */
  readonly absent?: unknown;
  /** Null is taken too, and sets it to what it is when nobody says */
  readonly nullMeansAbsent?: true;
  /** What it must be besides what its type says */
  readonly check?: (field: string, value: never) => Checked<unknown>;
  /** The column that holds it, when that is not called the same; null when the row and the change log do not have it: such a value is read and checked by the kind's own rules */
  readonly column?: string | null;
  /** The value as its column has it, and a column's value as the input has it, when they are not the same */
  readonly write?: (value: never, asking: Asking) => unknown;
  readonly read?: (kept: never) => unknown;
  /** It never comes by manifest: what to do instead */
  readonly unmanifested?: string;
  /** It is never told, and its column holds what stands for it: the field that tells this instead */
  readonly toldAs?: string;
  /** labd makes it up, and a manifest may only give it back as it was read: what to do instead */
  readonly echo?: string;
}

/** A kind's fields that people decide, in the order in which they are told. */
export type Fields = Readonly<Record<string, Field>>;

export const text: FieldType = { is: 'text' };
export const texts: FieldType = { is: 'texts' };
export const document: FieldType = { is: 'document' };
export const mac: FieldType = { is: 'mac' };
export const cidr: FieldType = { is: 'cidr' };
export const address: FieldType = { is: 'address' };
/** A whole number that may be larger than one of 32 bits */
export const counter: FieldType = { is: 'counter' };
/** Maps and lists of any depth, which the field's own check knows */
export const map: FieldType = { is: 'json', list: false };
export const list: FieldType = { is: 'json', list: true };
export const flag: FieldType = { is: 'flag' };
export const whole = (least: number, most: number): FieldType => ({ is: 'whole', least, most });
export const number = (least: number, most: number): FieldType => ({ is: 'number', least, most });
export const choice = (of: string, ...words: readonly string[]): Choice => ({ is: 'choice', of, words });
export const reference = (kind: string): FieldType => ({ is: 'reference', kind });

/** Where an object belongs, and its labels. */
export const placed = {
  cloud: {
    type: { is: 'name' },
    absent: 'default',
    description: 'The cloud it belongs to; `default` when absent.',
  },
  environment: {
    type: { is: 'name' },
    absent: 'default',
    description: 'The environment it belongs to; `default` when absent.',
  },
  labels: { type: { is: 'labels' }, absent: {}, description: 'Its labels, all of them.' },
} satisfies Fields;

/** What every named kind has. */
export const named = {
  name: { type: { is: 'name' }, required: true, description: 'The name, a DNS label, unique per kind.' },
  ...placed,
} satisfies Fields;

/** The same of who may do what: its name is for good, since the log speaks of it by its name. */
export const namedForGood = { ...named, name: { ...named.name, fixed: true } } satisfies Fields;

/** The column that holds a field; undefined when none does. */
export const columnOf = (name: string, { type, column }: Field): string | undefined =>
  column === null || type.is === 'parts' ? undefined : (column ?? (type.is === 'reference' ? `${name}Id` : name));

/** A column's value as the input has it: a reference is a way to find what it leads to. */
export const inputFrom = ({ type, read = (kept: never) => kept }: Field, kept: unknown): unknown =>
  type.is === 'reference' ? (kept == null ? null : [{ id: kept }]) : read(kept as never);

/** The fields that people set: all but those that they may only give back. */
export const settable = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, { echo }]) => echo === undefined));

/** The fields that are sets of parts. */
export const partSetsOf = (fields: Fields): (readonly [name: string, set: PartSet])[] =>
  Object.entries(fields).flatMap(([name, { type }]) => (type.is === 'parts' ? [[name, type] as const] : []));

/** The fields that an input says something about. */
export const givenIn = (fields: Fields, input: Input): string[] =>
  Object.keys(input).filter((name) => Object.hasOwn(fields, name) && input[name] !== undefined);
