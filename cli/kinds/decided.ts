// What people decide about a kind, as labd's inputs say it: flags of `lab create`, and what manifests say in `spec`.
import type { CreateFlag } from './kind.ts';

interface InputField {
  readonly name: string;
  readonly type: string;
  readonly list: boolean;
  readonly required: boolean;
  readonly description: string;
}

/** Fields that manifests say in `metadata`. */
const METADATA = ['name', 'cloud', 'environment', 'labels'] as const;

type Decided<F extends readonly InputField[]> = Exclude<F[number]['name'], (typeof METADATA)[number]>;

const inSpec = (fields: readonly InputField[]): readonly InputField[] =>
  fields.filter(({ name }) => !(METADATA as readonly string[]).includes(name));

/** How flags of the graph's types are typed. What is not among them is no flag by itself. */
const FLAG_TYPES: Readonly<Record<string, CreateFlag['type']>> = {
  String: 'text',
  Int: 'number',
  Counter: 'number',
  Float: 'decimal',
  Boolean: 'yes',
};

const flagName = (field: string): string => field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** A description as help texts have it: a part of a sentence. */
const asHelp = (text: string): string => {
  const plain = text.replaceAll('`', '').replace(/\.$/, '');
  return plain.charAt(0).toLowerCase() + plain.slice(1);
};

/** The flags that make an object with these fields: those that it words itself, and one for each further field that has a plain type. */
export function createFlags(
  fields: readonly InputField[],
  own: Readonly<Record<string, CreateFlag>>,
): Readonly<Record<string, CreateFlag>> {
  const worded = new Set(Object.values(own).map(({ field }) => field));
  const more = inSpec(fields).flatMap(({ name, type, list, required, description }): [string, CreateFlag][] => {
    const typed = list ? undefined : FLAG_TYPES[type];
    if (!typed || worded.has(name)) return [];
    return [[flagName(name), { field: name, type: typed, required, description: asHelp(description) }]];
  });
  return { ...own, ...Object.fromEntries(more) };
}

/** What people decided about an object, all of it: its row has to ask for each of the fields. */
export const decided = <F extends readonly InputField[], R>(
  fields: F,
  row: R & (Decided<F> extends keyof R ? unknown : { missing: Exclude<Decided<F>, keyof R> }),
): Record<string, unknown> =>
  Object.fromEntries(inSpec(fields).map(({ name }) => [name, (row as Record<string, unknown>)[name]]));
