// How the values of a manifest are written, and what they are as input.
import { InvalidInput } from '../errors.ts';
import type { Fields, FieldType } from '../objects/fields.ts';
import type { Ways } from '../objects/reference.ts';
import { unquoted } from '../objects/validate.ts';

/** A name in a manifest that means another object. */
export interface Reference {
  readonly kind: string;
  readonly name: string;
  readonly path: string;
}

/** One way to write a value. Null is asked of the field, never of its type. */
export interface ValueType {
  /** What it is, after "It has to be" */
  readonly word: string;
  /** All that is wrong with a value */
  readonly wrong: (value: unknown, path: string) => InvalidInput[];
  /** The value as the input of a mutation; it is right */
  readonly input: (value: never) => unknown;
  /** The objects that it means; it is right */
  readonly refers: (value: never, path: string) => Reference[];
}

const as = (value: unknown): unknown => value;
const none = (): Reference[] => [];

const must = (path: string, word: string): InvalidInput =>
  new InvalidInput(path, `It has to be ${word}.`, 'Write it so, or leave it out.');

/** A value that a question tells right from wrong. */
const simple = (word: string, right: (value: unknown) => boolean): ValueType => ({
  word,
  wrong: (value, path) => (right(value) ? [] : [must(path, word)]),
  input: as,
  refers: none,
});

/** A value that is written as a text. */
const textual = (word: string, right: (value: unknown) => boolean): ValueType => ({
  ...simple(word, right),
  wrong: (value, path) => (right(value) ? [] : [unquoted(path, word, value) ?? must(path, word)]),
});

/** A text, as far as the database can hold it. */
const isText = (value: unknown): boolean => typeof value === 'string' && !value.includes('\u0000');

const fits = (value: unknown): boolean => Number.isInteger(value) && Math.abs(value as number) < 2 ** 31;

export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const constant = (value: string): string => value.toUpperCase().replaceAll('-', '_');

/** A value of an enum as people write it. */
export const word = (value: unknown): string | null =>
  typeof value === 'string' ? value.toLowerCase().replaceAll('_', '-') : null;

/** One of few words, in any case. */
const oneOf = (values: readonly string[]): ValueType => ({
  ...textual(
    `one of ${values.map(word).join(', ')}`,
    (value) => typeof value === 'string' && values.includes(constant(value)),
  ),
  input: (value: string) => constant(value),
});

/** The name of an object of this kind. */
const nameOf = (kind: string): ValueType => ({
  ...textual(`the name of a ${kind.toLowerCase()}`, isText),
  input: (name: string): Ways => [{ name }],
  refers: (name: string, path) => [{ kind, name, path }],
});

/** A list of values of a type. */
const listOf = (type: ValueType): ValueType => ({
  word: `a list, each item ${type.word}`,
  wrong: (value, path) =>
    Array.isArray(value)
      ? value.flatMap((one, i) => type.wrong(one, `${path}[${i}]`))
      : [must(path, `a list, each item ${type.word}`)],
  input: (value: never[]) => value.map(type.input),
  refers: (value: never[], path) => value.flatMap((one, i) => type.refers(one, `${path}[${i}]`)),
});

/** A map with these fields, all of them needed. */
const mapOf = (fields: Readonly<Record<string, ValueType>>): ValueType => {
  const names = Object.keys(fields);
  const meaning = `a map with ${names.join(' and ')}`;
  const parts = (value: Record<string, never>, path: string) =>
    names.map((name) => ({ type: fields[name]!, value: value[name]!, path: `${path}.${name}` }));
  return {
    word: meaning,
    wrong: (value, path) => {
      if (!isMap(value)) return [must(path, meaning)];
      const unknown = Object.keys(value)
        .filter((name) => !names.includes(name))
        .map((name) => new UnknownWord(`${path}.${name}`, `There is no field "${name}" here.`, names));
      return [...unknown, ...parts(value as never, path).flatMap((part) => part.type.wrong(part.value, part.path))];
    },
    input: (value: Record<string, never>) =>
      Object.fromEntries(names.map((name) => [name, fields[name]!.input(value[name]!)])),
    refers: (value: Record<string, never>, path) =>
      parts(value, path).flatMap((part) => part.type.refers(part.value, part.path)),
  };
};

/** A word that is none of those that could stand there. */
export class UnknownWord extends InvalidInput {
  readonly choices: readonly string[];

  constructor(path: string, message: string, choices: readonly string[]) {
    super(path, message, choices.length === 0 ? 'Leave it out.' : `There are: ${choices.join(', ')}.`);
    this.choices = choices;
  }
}

const text = textual('a text', isText);
const whole = simple('a whole number', fits);

type Written = { readonly [K in FieldType['is']]: (type: Extract<FieldType, { is: K }>) => ValueType };

/** How each type is written in a manifest. */
const WRITTEN: Written = {
  text: () => text,
  document: () => text,
  name: () => text,
  mac: () => text,
  cidr: () => text,
  address: () => text,
  texts: () => listOf(text),
  flag: () => simple('true or false', (value) => typeof value === 'boolean'),
  // It is kept encrypted, and may hold what no column of the database does.
  sealed: () => textual('a text', (value) => typeof value === 'string'),
  labels: () => simple('a map of texts', isMap),
  // Its own check says the rest.
  json: ({ list }) => (list ? simple('a list', Array.isArray) : simple('a map', isMap)),
  whole: () => whole,
  counter: () => whole,
  number: () => simple('a number', Number.isFinite),
  choice: ({ words }) => oneOf(words),
  reference: ({ kind }) => nameOf(kind),
  parts: ({ names, items }) => listOf(items ? mapOf(writtenFields(items.fields)) : nameOf(names)),
};

const writtenFields = (fields: Fields): Record<string, ValueType> =>
  Object.fromEntries(Object.entries(fields).map(([name, { type }]) => [name, writtenAs(type)]));

/** How a value of a type is written in a manifest. */
export const writtenAs = (type: FieldType): ValueType => (WRITTEN[type.is] as (type: FieldType) => ValueType)(type);
