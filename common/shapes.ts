// Shapes of JSON that people write: each says what is wrong with a value, at which path, and how it is written right.
import { nearest } from './nearest.ts';
import { allRight, type Checked, problemsOf, right, wrong } from './checked.ts';

/** Answers with the value as it is kept: whole, with what was left out. */
export type Shape = (field: string, value: unknown) => Checked<unknown>;

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
};

const must = (field: string, value: unknown, what: string): Checked<never> =>
  wrong(field, `It has to be ${what}, and is ${shown(value)}.`, 'Write it so.');

interface TextRules {
  readonly most?: number;
  /** It has lines, and tabs in them */
  readonly lines?: true;
  readonly like?: RegExp;
  /** How a text that is not like that is written right */
  readonly remedy?: string;
}

// What is no line break or tab is not for people, and the database keeps no NUL.
const controls = { line: /[\u0000-\u001f\u007f]/, lines: /[\u0000-\u0008\u000b-\u001f\u007f]/ };

/** A text without control characters. */
export const textOf =
  ({ most = 253, lines, like, remedy = 'Write it so.' }: TextRules = {}): Shape =>
  (field, value) => {
    if (typeof value !== 'string') return must(field, value, 'a text');
    if (value.length > most)
      return wrong(
        field,
        `It has ${value.length.toLocaleString('en')} characters.`,
        `Use at most ${most.toLocaleString('en')}.`,
      );
    if (controls[lines ? 'lines' : 'line'].test(value))
      return wrong(field, 'It has control characters.', 'Leave them out.');
    // Half a character would come back as another one.
    if (Buffer.from(value).toString() !== value) return wrong(field, 'It is no text.', 'Use whole characters.');
    return like && !like.test(value) ? wrong(field, `${shown(value)} does not do.`, remedy) : right(value);
  };

export const numberOf =
  (least: number, most: number, whole = false): Shape =>
  (field, value) =>
    typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value))
      ? right(value)
      : must(field, value, `a ${whole ? 'whole ' : ''}number from ${least} to ${most}`);

export const flagOf: Shape = (field, value) =>
  typeof value === 'boolean' ? right(value) : must(field, value, 'true or false');

export const wordOf =
  (words: readonly string[]): Shape =>
  (field, value) =>
    words.includes(value as string) ? right(value) : must(field, value, `one of ${words.join(', ')}`);

export const listOf =
  (item: Shape, most: number): Shape =>
  (field, value) => {
    if (!Array.isArray(value)) return must(field, value, 'a list');
    if (value.length > most) return wrong(field, `${value.length} are too many.`, `Use at most ${most}.`);
    return allRight(value.map((one, i) => item(`${field}[${i}]`, one)));
  };

export const orNull =
  (shape: Shape): Shape =>
  (field, value) =>
    value === null ? right(null) : shape(field, value);

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Checks the values of a map, and makes one of what they are kept as. */
function valuesOf(entries: readonly (readonly [name: string, checked: Checked<unknown>])[]): Checked<unknown> {
  const problems = entries.flatMap(([, checked]) => problemsOf(checked));
  if (problems.length > 0) return { problems };
  return right(Object.fromEntries(entries.map(([name, checked]) => [name, 'value' in checked ? checked.value : null])));
}

/** A map with any keys, each of which is a text like that. */
export const mapOf =
  (key: Shape, item: Shape, most: number): Shape =>
  (field, value) => {
    if (!isMap(value)) return must(field, value, 'a map');
    const entries = Object.entries(value);
    if (entries.length > most) return wrong(field, `${entries.length} are too many.`, `Use at most ${most}.`);
    return valuesOf(
      entries.map(([name, one]) => {
        const named = key(`${field} (a key)`, name);
        return [name, 'problems' in named ? named : item(`${field}.${name}`, one)];
      }),
    );
  };

/** A part of a map that may be left out, and what it is then. */
interface Part {
  readonly shape: Shape;
  /** What it is when it is left out; it may not be when this is */
  readonly absent?: unknown;
}

/** A map with these parts and no others. */
export const partsOf =
  (parts: Readonly<Record<string, Part>>): Shape =>
  (field, value) => {
    const names = Object.keys(parts);
    if (!isMap(value)) return must(field, value, `a map with ${names.join(', ')}`);
    const unknown = Object.keys(value)
      .filter((name) => !names.includes(name))
      .map((name) => [name, unknownName(`${field}.${name.slice(0, 80)}`, name, names)] as const);
    return valuesOf([
      ...unknown,
      ...Object.entries(parts).map(([name, { shape, absent }]) => {
        const given = value[name] ?? absent;
        return [
          name,
          given === undefined
            ? wrong(`${field}.${name}`, 'It is missing.', 'Write it down.')
            : keep(shape, absent, `${field}.${name}`, given),
        ] as const;
      }),
    ]);
  };

/** What is not said is what it is then, whatever its shape asks. */
const keep = (shape: Shape, absent: unknown, field: string, given: unknown): Checked<unknown> =>
  given === absent ? right(given) : shape(field, given);

/** Says that there is nothing of that name, and which one was probably meant. */
function unknownName(field: string, name: string, names: readonly string[]): Checked<never> {
  const meant = nearest(name, names);
  return wrong(
    field,
    `There is no "${name.slice(0, 80)}" here.`,
    meant ? `Did you mean "${meant}"?` : names.length > 0 ? `There are: ${names.join(', ')}.` : 'Leave it out.',
  );
}
