// What the command line knows of a kind: its documents, columns, manifest and description. Verbs are generic over it.
import { normaliseHardwareAddress } from '../../common/mac.ts';
import type { Kind } from '../../schema/catalog.ts';
import type { TypedDocumentString } from '../generated/documents.ts';
import { constant, type Style, word } from '../terminal/text.ts';

/** An object as a list shows it; more of it when `wide` or `full` was asked for. */
export interface Row {
  id: string;
  name: string;
  labels?: Record<string, string>;
}

/** One column of a table. */
export interface Column<R> {
  readonly header: string;
  /** Only with -o wide; only without it when false */
  readonly wide?: boolean;
  /** `now` is the moment that ages are counted to, in milliseconds */
  readonly value: (row: R, now: number) => string | number | null | undefined;
  readonly style?: (row: R) => Style | undefined;
}

/** What every kind's manifest has: see the architecture. */
export interface Full extends Row {
  cloud?: string;
  environment?: string;
  revision?: string;
}

/** A part of a description: a heading with facts and further parts below it. */
export interface Section {
  readonly title: string;
  readonly facts?: readonly (readonly [name: string, value: string | number | boolean | null | undefined])[];
  readonly below?: readonly Section[];
}

/** A mistake that labd answers with, as a type. */
interface Problem {
  __typename: string;
  message: string;
  remedy: string;
  field?: string;
}

/** What a mutation answers: the object, or a problem. */
export interface Result {
  result: ({ __typename: string; id: string; name: string } & object) | Problem;
}

export interface Page<R> {
  page: { nodes: R[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
}

export type WatchEvent<R> =
  | { __typename: string; revision: string; object: R }
  | { __typename: 'Bookmark'; revision: string }
  | { __typename: 'Reset'; revision: string; reason: string };

export interface Shape {
  wide: boolean;
  full: boolean;
}

export interface ListVariables extends Shape {
  first: number;
  after?: string | null | undefined;
  filter?: object | null | undefined;
  orderBy?: { field: string; direction: 'ASC' | 'DESC' } | null | undefined;
}

/** One flag of `lab create KIND`. */
export interface CreateFlag {
  readonly description: string;
  /** The input's field */
  readonly field: string;
  /**
   * `name` and `names` refer to objects; `names` and `texts` may be given several times; `secret` comes from standard
   * input, `typed` from the terminal, `file` and `variable` from where the flag says
   */
  readonly type?:
    | 'text'
    | 'number'
    | 'decimal'
    | 'name'
    | 'yes'
    | 'constant'
    | 'labels'
    | 'names'
    | 'texts'
    | 'secret'
    | 'typed'
    | 'file'
    | 'variable';
  readonly required?: boolean;
  /** It is done also without the flag, when no other one gives its field */
  readonly anyway?: true;
  /** Flags that it does not go with */
  readonly exclusive?: readonly string[];
  readonly char?: string;
}

/** A kind's documents; each calls what it asks for `page`, `one`, `event` or `result`. */
interface Documents<R, D> {
  readonly list: TypedDocumentString<Page<R>, never>;
  readonly get: TypedDocumentString<{ one: R | null }, never>;
  readonly watch: TypedDocumentString<{ event: WatchEvent<R> }, never>;
  readonly describe: TypedDocumentString<{ one: D | null }, never>;
  /** Of kinds that `lab create KIND` makes from flags */
  readonly create?: TypedDocumentString<Result, never>;
  /** Of kinds whose objects may be called otherwise */
  readonly rename?: TypedDocumentString<Result, never>;
  /** Of kinds that people delete */
  readonly remove?: TypedDocumentString<Result, never>;
}

/** Objects that hang on another in one way. */
export interface Hanging {
  /** What becomes of them */
  readonly what: string;
  readonly names: readonly string[];
  readonly count: number;
}

/** Objects that hang on another, as many as were read and how many there are. */
export const hanging = <T>(
  what: string,
  { nodes, totalCount }: { nodes: readonly T[]; totalCount?: number },
  name: (node: T) => string | null | undefined,
): Hanging => ({ what, names: nodes.map((node) => name(node) ?? '(hidden)'), count: totalCount ?? nodes.length });

/** A field that --field-selector takes: the filter's field, and how the manifest's word becomes its value. */
export interface SelectableField {
  readonly field: string;
  readonly value?: (word: string) => unknown;
}

/** A kind on the command line. */
export interface KindView<R extends Row = Row, D = unknown> {
  readonly kind: Kind;
  readonly documents: Documents<R, D>;
  readonly columns: readonly Column<R>[];
  /** What people decided, and what is observed: the two halves of a manifest */
  readonly manifest: (row: R & Full) => { spec: object; status: object };
  readonly describe: (object: D, now: number) => Section;
  /** What goes, or loses something, when one is deleted */
  readonly hanging?: (object: D) => readonly Hanging[];
  readonly create: Readonly<Record<string, CreateFlag>>;
  /** Shown in the help of `lab create KIND` */
  readonly example: string;
  /** Its objects have no name, place or labels of their own to filter by */
  readonly placeless?: true;
  /** They can be searched all the same */
  readonly searched?: true;
  /** Flags of `lab get` that not every kind has, with the words that each takes */
  readonly filters?: Readonly<Record<string, readonly string[]>>;
  /** Fields of the manifest that --field-selector takes besides those that all have, as the filter's fields */
  readonly fields?: Readonly<Record<string, SelectableField>>;
  /** Names of --sort-by that labd orders by */
  readonly orders: readonly string[];
  /** What to say once one is deleted, beyond that it is */
  readonly deleted?: (result: object) => string | undefined;
}

/** Holds a kind to its own types, and gives it out as any kind. */
export const defineKind = <R extends Row, D>(
  view: Omit<KindView<R, D>, 'documents'> & { documents: object },
): KindView => view as unknown as KindView;

/** Flags that create any named kind. */
export const placedFlags: Readonly<Record<string, CreateFlag>> = {
  cloud: { field: 'cloud', description: 'cloud it belongs to' },
  environment: { field: 'environment', char: 'n', description: 'environment it belongs to' },
  labels: { field: 'labels', type: 'labels', char: 'l', description: 'labels, KEY=VALUE separated by commas' },
};

/** Columns of -o wide that tell where an object belongs. */
export const placeColumns: readonly Column<Row & { cloud?: string; environment?: string }>[] = [
  { header: 'CLOUD', wide: true, value: ({ cloud }) => cloud },
  { header: 'ENVIRONMENT', wide: true, value: ({ environment }) => environment },
];

/** Facts that tell where an object belongs. */
export const placeFacts = (object: {
  cloud: string;
  environment: string;
  labels: Record<string, string>;
}): [string, string | null][] => [
  ['Place', `${object.cloud}/${object.environment}`],
  ['Labels', labelText(object.labels)],
];

/** A part with a section for each of some objects; none when there are none. */
export const list = <T>(title: string, nodes: readonly T[], section: (node: T) => Section): Section[] =>
  nodes.length === 0 ? [] : [{ title, below: nodes.map(section) }];

/** A title with how many there are, and how many of them are shown when that is not all. */
export const counted = (
  title: string,
  { nodes, totalCount }: { nodes: readonly unknown[]; totalCount: number },
): string => (totalCount > nodes.length ? `${title} (${nodes.length} of ${totalCount})` : `${title} (${totalCount})`);

interface Condition {
  type: string;
  status: boolean;
  detail: string;
  message: string;
  since: string;
}

/** The part of a description that tells conditions. */
export const conditionSection = (conditions: readonly Condition[]): Section[] =>
  list('Conditions', conditions, ({ type, status, detail, message, since }) => ({
    title: `${word(type)}${detail ? ` (${detail})` : ''}: ${status ? 'yes' : 'no'}`,
    facts: [
      ['Since', since],
      ['Why', message],
    ],
  }));

/** The parts that a manifest lists; none at all when not all of them are known, since it would say that the rest go. */
export const wholeList = <T, V>(
  connection: { nodes: readonly T[]; totalCount: number } | null | undefined,
  value: (node: T) => V[],
): V[] | undefined =>
  connection && connection.totalCount <= connection.nodes.length ? connection.nodes.flatMap(value) : undefined;

/** Conditions as a manifest has them. */
export const manifestConditions = <C extends { type: string }>(conditions: readonly C[] | undefined) =>
  conditions?.map((condition) => ({ ...condition, type: word(condition.type) }));

/** Fields whose values are written in capitals in the graph. */
export const constantField = (field: string): SelectableField => ({ field, value: constant });

/** Fields of MAC addresses, which are written in several ways and kept in one. */
export const macField = (field: string): SelectableField => ({
  field,
  value: (word) => normaliseHardwareAddress(word) ?? word,
});

/** Fields that are true or false. */
export const yesField = (field: string): SelectableField => ({ field, value: (word) => word === 'true' });

/** Labels as kubectl writes them. */
export const labelText = (labels: Record<string, string>): string | null =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',') || null;
