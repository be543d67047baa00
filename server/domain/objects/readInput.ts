// Input as columns, by the kind's table of fields: all that is wrong with it is found in one pass.
import type { Writer } from '../../store/types.ts';
import { UserError } from '../errors.ts';
import { type Checked, problemsOf, right } from '../../../common/checked.ts';
import { columnOf, type Field, type Fields, type FieldType, givenIn } from './fields.ts';
import { changedLabels, LABELS, labelField, ownersOf, withoutGoneLabels } from './labelOwners.ts';
import { checkReference, type Ways } from './reference.ts';
import type { Input, Permissions, Row } from './types.ts';
import {
  checkAddress,
  checkBetween,
  checkCidr,
  checkLabels,
  checkMac,
  checkName,
  checkText,
  labelColumns,
} from './validate.ts';

export type Columns = Readonly<Record<string, unknown>>;

/** What input is read with. */
export interface Reading {
  readonly tx: Writer;
  readonly input: Input;
  /** The row as it was; null when it is made */
  readonly before: Row | null;
  readonly may: Permissions;
}

/** What a kind says of its input. */
export interface InputRules {
  readonly fields: Fields;
  /** Asked before anything is looked at: may the caller change this one at all? Throws Forbidden, Conflict. */
  readonly guard?: (tx: Writer, before: Row, may: Permissions) => Promise<unknown> | void;
  /** What follows from the fields together: more columns, or what is wrong. What is wrong by itself is not among them. */
  readonly derive?: (columns: Columns, reading: Reading) => Promise<Checked<Columns>> | Checked<Columns>;
}

/** The columns that are right, and all that is wrong with the rest. */
export interface ReadInput {
  readonly columns: Record<string, unknown>;
  readonly problems: readonly UserError[];
}

type Check<T> = (
  type: T,
  field: string,
  value: never,
  reading: Reading,
) => Checked<unknown> | Promise<Checked<unknown>>;

const anything: Check<unknown> = (_type, _field, value) => right(value as unknown);
const between: Check<{ least: number; most: number }> = ({ least, most }, field, value) =>
  checkBetween(field, value, least, most);

/** What each type asks of a value that is of the right shape. */
const CHECKS: { readonly [K in FieldType['is']]: Check<Extract<FieldType, { is: K }>> } = {
  text: (_type, field, value) => checkText(field, value),
  texts: anything,
  // Whoever knows GraphQL looks at it before.
  document: anything,
  name: (_type, field, value) => checkName(field, value),
  mac: (_type, field, value) => checkMac(field, value),
  cidr: (_type, field, value) => checkCidr(field, value),
  address: (_type, field, value) => checkAddress(field, value),
  labels: (_type, field, value) => checkLabels(field, value),
  flag: anything,
  counter: anything,
  choice: anything,
  whole: between,
  number: between,
  reference: ({ kind }, field, value: Ways, { tx, may }) => checkReference(tx, kind, value, field, may),
  parts: anything,
  // Their own checks say it all.
  sealed: anything,
  json: anything,
};

/** What a field's column becomes; undefined when the input says nothing about it that counts. */
async function read(name: string, field: Field, reading: Reading): Promise<Checked<unknown> | undefined> {
  const { type, absent, nullMeansAbsent, check, write = (value: never) => value } = field;
  const given = reading.input[name];
  if (given === undefined || columnOf(name, field) === undefined) return undefined;
  const kept = async (value: unknown) => right(await write(value as never, reading));
  if (given === null) return absent === null || nullMeansAbsent ? kept(absent) : undefined;
  const path = `input.${name}`;
  const typed = await (CHECKS[type.is] as Check<FieldType>)(type, path, given as never, reading);
  if ('problems' in typed) return typed;
  const checked = check ? check(path, typed.value as never) : typed;
  return 'problems' in checked ? checked : kept(checked.value);
}

/** Who set which field, and which label: whoever sets one manages it, until somebody else does. */
function managersOf(fields: Fields, { input, before, may }: Reading): Record<string, string> {
  const { actor, manager = actor, released = [] } = may;
  const labels = input[LABELS] === undefined ? undefined : ((input[LABELS] as Columns | null) ?? {});
  const set = givenIn(fields, input).flatMap((field) =>
    field === LABELS ? changedLabels(before, labels!).map(labelField) : [field],
  );
  const managers = { ...ownersOf(before), ...Object.fromEntries(set.map((field) => [field, manager])) };
  const kept = labels === undefined ? managers : withoutGoneLabels(managers, labels);
  return Object.fromEntries(Object.entries(kept).filter(([field]) => !released.includes(field)));
}

/** Reads input as columns. Throws nothing that the caller did wrong: all of that is among the problems. */
export async function readInput(rules: InputRules, reading: Reading): Promise<ReadInput> {
  const { fields, guard, derive } = rules;
  const { tx, before, may } = reading;
  const columns: Record<string, unknown> = {};
  const problems: UserError[] = [];
  try {
    if (before) await guard?.(tx, before, may);
    for (const [name, field] of Object.entries(fields)) {
      const checked = await read(name, field, reading);
      if (checked && 'value' in checked) columns[columnOf(name, field)!] = checked.value;
      else if (checked) problems.push(...checked.problems);
    }
    if (columns['labels']) Object.assign(columns, labelColumns(columns['labels'] as Record<string, string>));
    // Of what has no name of its own, nobody asks who set what.
    if (Object.hasOwn(fields, 'name')) columns['managers'] = managersOf(fields, reading);
    const derived = await derive?.(columns, reading);
    problems.push(...problemsOf(derived ?? right({})));
    return { columns: { ...columns, ...(derived && 'value' in derived ? derived.value : {}) }, problems };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { columns: {}, problems: [...problems, error] };
  }
}

/** The same. Throws the first of the problems, when there are any. */
export async function demandColumns(rules: InputRules, reading: Reading): Promise<Record<string, unknown>> {
  const { columns, problems } = await readInput(rules, reading);
  if (problems[0]) throw problems[0];
  return columns;
}
