// Applying one manifest: what it would change, whose fields these are, and the change itself.
import type { Writer } from '../../store/types.ts';
import { Conflict, InvalidInput, UserError } from '../errors.ts';
import { problemsOf } from '../../../common/checked.ts';
import { columnOf, type Field } from '../objects/fields.ts';
import { comparable, createObject, type Input, type Permissions, type Row, updateObject } from '../objects/objects.ts';
import { readInput } from '../objects/readInput.ts';
import { checkReference } from '../objects/reference.ts';
import { fieldsOf } from './kinds.ts';
import { pathOf, type Wanted } from './manifest.ts';
import { dropped, ownershipConflicts, withLabelsOfOthers } from './ownership.ts';
import { type Problem, Problems } from './problems.ts';
import { shownField } from './shown.ts';

/** How manifests are applied. */
export interface Manner {
  /** Whose fields those are that are set */
  readonly manager: string;
  /** Takes fields that others set */
  readonly takeOver: boolean;
  /** Does not ask whether the object is still as the manifest knew it */
  readonly blind: boolean;
  /** They are objects as they were read, changed in places: nothing else is touched, and whoever changed it since counts */
  readonly asRead: boolean;
  /** What is wrong with a value that only who knows the graph can judge */
  readonly judge: (kind: string, field: string, value: unknown) => readonly InvalidInput[];
}

/** One field that became something else, as manifests write it. */
export interface FieldChange {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What became of one object. */
export interface Done {
  readonly outcome: 'CREATED' | 'CONFIGURED' | 'UNCHANGED';
  readonly row: Row;
  readonly changes: readonly FieldChange[];
}

/** The path in a manifest for a path in the input of a mutation. */
const manifestPath = (field: string): string => {
  const [, name = '', rest = ''] = /^input\.(\w+)(.*)$/.exec(field) ?? [];
  return name === '' ? '' : pathOf(name) + rest;
};

const at = (error: UserError): Problem => ({
  path: error instanceof InvalidInput ? manifestPath(error.field) : '',
  error,
});

/** The input as columns, and all that is wrong with it. */
async function readColumns(
  tx: Writer,
  { inventory }: Wanted['kind'],
  input: Input,
  before: Row | null,
  may: Permissions,
  judge: Manner['judge'],
): Promise<{ data: Record<string, unknown>; problems: Problem[] }> {
  const left: Record<string, unknown> = {};
  const judged = Object.entries(input).flatMap(([field, value]) => {
    const mistakes = judge(inventory.kind, field, value);
    if (mistakes.length === 0) left[field] = value;
    return mistakes;
  });
  const { columns, problems } = await readInput(inventory, { tx, input: left, before, may });
  return { data: columns, problems: [...judged, ...problems].map(at) };
}

/** Mistakes in what a manifest refers to. */
async function referenceProblems(tx: Writer, { references }: Wanted, may: Permissions): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const { kind, name, path } of references)
    for (const error of problemsOf(await checkReference(tx, kind, [{ name }], path, may)))
      problems.push({ path, error });
  return problems;
}

/** What is wrong with the values of a manifest, whether or not it can be applied. */
export async function valueProblems(
  tx: Writer,
  wanted: Wanted,
  before: Row | null,
  may: Permissions,
  judge: Manner['judge'],
): Promise<Problem[]> {
  const unresolved = await referenceProblems(tx, wanted, may);
  const said = new Set(unresolved.map(({ path }) => path));
  const input = before === null ? { name: wanted.name, ...wanted.input } : wanted.input;
  const { problems } = await readColumns(tx, wanted.kind, input, before, may, judge);
  return [...unresolved, ...problems.filter(({ path }) => !said.has(path))];
}

async function shown(tx: Writer, { kind }: Wanted, row: Row, fields: readonly string[], may: Permissions) {
  const all = fieldsOf(kind);
  const values: Record<string, unknown> = {};
  for (const field of fields) values[field] = await shownField(tx, field, all[field]!, row, may);
  return values;
}

/** Where a manifest tells what became of a field. */
const toldPath = ({ kind }: Wanted, field: string): string => pathOf(fieldsOf(kind)[field]!.toldAs ?? field);

async function create(tx: Writer, wanted: Wanted, may: Permissions, { manager, judge, asRead }: Manner): Promise<Done> {
  const { kind, name, nulls } = wanted;
  if (asRead)
    throw new Conflict(
      `There is no ${kind.inventory.noun} "${name}" any more.`,
      'Make it anew, if it is still wanted.',
    );
  const fields = fieldsOf(kind);
  const missing = Object.keys(fields).filter((field) => fields[field]!.required && !(field in wanted.input));
  const problems: Problem[] = missing.map((field) => ({
    path: pathOf(field),
    error: new InvalidInput(
      pathOf(field),
      `It is missing: no ${kind.inventory.noun} is made without.`,
      'Write it down.',
    ),
  }));
  problems.push(...(await fixedProblems(tx, wanted, null)));
  problems.push(...(await valueProblems(tx, wanted, null, may, judge)));
  if (problems.length > 0) throw new Problems(problems);
  // What is null is what it would be anyway.
  const given = Object.entries(wanted.input).filter(([field]) => !nulls.has(field));
  const row = await createObject(tx, kind.inventory, { name, ...Object.fromEntries(given) }, { ...may, manager });
  const set = given.map(([field]) => field);
  const after = await shown(tx, wanted, row, set, may);
  return {
    outcome: 'CREATED',
    row,
    changes: set.map((field) => ({ path: toldPath(wanted, field), before: null, after: after[field] })),
  };
}

/** The fields that are not yet as the input has them. */
async function differing(tx: Writer, { kind }: Wanted, input: Input, data: Input, row: Row, may: Permissions) {
  const fields = fieldsOf(kind);
  const changed: string[] = [];
  for (const field of Object.keys(input)) {
    const { type } = fields[field]!;
    const column = columnOf(field, fields[field]!);
    const differs =
      type.is === 'parts'
        ? (await type.difference(tx, row, input[field] as unknown[], may)).length > 0
        : column !== undefined && comparable(row[column]) !== comparable(data[column]);
    if (differs) changed.push(field);
  }
  return changed;
}

/** The same for the same parts, in whatever order. */
const asSet = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(comparable).sort((a, b) => (String(a) < String(b) ? -1 : 1)) : value;

/** Whether the row has in a field what the input says. */
const isKept = (name: string, field: Field, row: Row, value: unknown): boolean =>
  comparable(row[columnOf(name, field) ?? name]) === comparable(value);

/** Whether all that a manifest sets is so already, word for word: then nobody is asked whether it may be changed. */
async function isAlreadySo(tx: Writer, { kind, values }: Wanted, row: Row, may: Permissions): Promise<boolean> {
  const fields = fieldsOf(kind);
  for (const [field, value] of Object.entries(values)) {
    // What is told by something else is not to be compared with that.
    if (fields[field]!.toldAs !== undefined) return false;
    const present = await shownField(tx, field, fields[field]!, row, may);
    const same = fields[field]!.type.is === 'parts' ? asSet : (one: unknown) => one;
    if (comparable(same(present)) !== comparable(same(value))) return false;
  }
  return true;
}

/** Fields that cannot be changed, and are to be something else. What labd makes up is not there before the object is. */
async function fixedProblems(tx: Writer, { kind, input, nulls, name }: Wanted, row: Row | null): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const [field, spec] of Object.entries(fieldsOf(kind))) {
    const { fixed = false, echo } = spec;
    if (!(field in input) || (echo === undefined ? !fixed || row === null : nulls.has(field))) continue;
    const value = input[field];
    if (row && (typeof fixed === 'function' ? await fixed(tx, row, value) : isKept(field, spec, row, value))) continue;
    const path = pathOf(field);
    const called = `${kind.inventory.noun} "${name}"`;
    const fixedToo = `${path} of ${called} is something else, and cannot be changed.`;
    const echoed = row ? `${path} of ${called} is another one by now.` : `There is no ${called}, and no ${path} of it.`;
    const [message, remedy] = echo ? [echoed, echo] : [fixedToo, 'Leave it out, or give the object another name.'];
    problems.push({ path, error: new Conflict(message, remedy) });
  }
  return problems;
}

async function configure(tx: Writer, said: Wanted, row: Row, may: Permissions, manner: Manner): Promise<Done> {
  const wanted = manner.asRead ? said : withLabelsOfOthers(said, row, manner.manager);
  const { kind, name } = wanted;
  const fields = fieldsOf(kind);
  const back = manner.asRead ? {} : dropped(wanted, row, manner.manager);
  if (Object.keys(back).length === 0 && (await isAlreadySo(tx, wanted, row, may)))
    return { outcome: 'UNCHANGED', row, changes: [] };
  const decided = Object.entries(wanted.input).filter(([field]) => !fields[field]!.fixed && !fields[field]!.echo);
  const given = Object.fromEntries(decided);
  const input: Record<string, unknown> = { ...given, ...back };
  const problems = [...(await fixedProblems(tx, wanted, row)), ...(await referenceProblems(tx, wanted, may))];
  const blamed = new Set(problems.map(({ path }) => path));
  const { data, problems: mistaken } = await readColumns(tx, kind, input, row, may, manner.judge);
  problems.push(...mistaken.filter(({ path }) => path === '' || !blamed.has(path)));
  if (problems.length > 0) throw new Problems(problems);
  const changed = await differing(tx, wanted, input, data, row, may);
  const conflicts = await ownershipConflicts(tx, wanted, row, changed, manner);
  if (conflicts.length > 0) throw new Problems(conflicts);
  if (changed.length === 0) return { outcome: 'UNCHANGED', row, changes: [] };
  const before = await shown(tx, wanted, row, changed, may);
  const target = { ways: [{ id: row.id }], called: `"${name}"` };
  const only = Object.fromEntries(changed.map((field) => [field, input[field]]));
  const owning = { ...may, manager: manner.manager, released: Object.keys(back) };
  const after = await updateObject(tx, kind.inventory, target, only, owning);
  const values = await shown(tx, wanted, after, changed, may);
  return {
    outcome: 'CONFIGURED',
    row: after,
    changes: changed.map((field) => ({ path: toldPath(wanted, field), before: before[field], after: values[field] })),
  };
}

/** Applies one manifest to what is there. Throws Problems. */
export async function applyOne(
  tx: Writer,
  wanted: Wanted,
  before: Row | null,
  may: Permissions,
  manner: Manner,
): Promise<Done> {
  try {
    return await (before === null ? create(tx, wanted, may, manner) : configure(tx, wanted, before, may, manner));
  } catch (error) {
    if (error instanceof UserError) throw new Problems([at(error)]);
    throw error;
  }
}
