// Whose fields and labels a manifest sets: what goes when its manager sets it no more, and what others have a say in.
import type { Writer } from '../../store/types.ts';
import { Conflict } from '../errors.ts';
import { changedLabels, LABELS, labelField, labelsAfter, ownersOf } from '../objects/labelOwners.ts';
import type { Row } from '../objects/objects.ts';
import type { Manner } from './applyManifest.ts';
import { fieldsOf } from './kinds.ts';
import { pathOf, type Wanted } from './manifest.ts';
import type { Problem } from './problems.ts';
import { fieldsChangedSince } from './stale.ts';

/** The fields that this manager set before and sets no more, with what they go back to. */
export function dropped({ kind, input }: Wanted, row: Row, manager: string): Record<string, unknown> {
  const owners = ownersOf(row);
  const fields = Object.entries(fieldsOf(kind)).filter(
    ([field, { absent }]) => absent !== undefined && owners[field] === manager && !(field in input),
  );
  return Object.fromEntries(fields.map(([field, { absent }]) => [field, absent]));
}

/** A manifest as if it said all labels that there will be: it sets its own, and those of others stay. */
export function withLabelsOfOthers(wanted: Wanted, row: Row, manager: string): Wanted {
  if (fieldsOf(wanted.kind)[LABELS] === undefined) return wanted;
  const said = (wanted.input[LABELS] as Readonly<Record<string, unknown>> | undefined) ?? {};
  const labels = labelsAfter(row, said, manager);
  if (!(LABELS in wanted.input) && changedLabels(row, labels).length === 0) return wanted;
  return {
    ...wanted,
    input: { ...wanted.input, [LABELS]: labels },
    values: { ...wanted.values, [LABELS]: labels },
  };
}

/** Something with an owner: a field, or one label. */
interface Owned {
  readonly path: string;
  readonly owner: string | undefined;
  readonly isStale: () => boolean;
}

/** Conflicts over what was set by others, or has changed since the manifest was written. */
export async function ownershipConflicts(
  tx: Writer,
  wanted: Wanted,
  row: Row,
  changed: readonly string[],
  { manager, takeOver, blind, asRead }: Manner,
): Promise<Problem[]> {
  const { kind, name, input, revision, uid } = wanted;
  if (changed.length === 0) return [];
  const problems: Problem[] = [];
  const object = `${kind.inventory.noun} "${name}"`;
  if (uid !== undefined && !blind && uid.split(':').at(-1) !== row.id)
    problems.push({
      path: 'metadata.uid',
      error: new Conflict(`This is another ${object}: it was made anew.`, 'Leave out the uid, or add --force.'),
    });
  const stale = revision === undefined || blind ? () => false : await fieldsChangedSince(tx, kind, row, revision);
  const owners = ownersOf(row);
  const ownedIn = (field: string): Owned[] =>
    field === LABELS
      ? changedLabels(row, input[LABELS] as Readonly<Record<string, unknown>>).map((key) => ({
          path: `${pathOf(LABELS)}.${key}`,
          owner: owners[labelField(key)],
          isStale: () => stale(LABELS, key),
        }))
      : [{ path: pathOf(field), owner: owners[field], isStale: () => stale(field) }];
  for (const { path, owner, isStale } of changed.filter((field) => field in input).flatMap(ownedIn)) {
    if (owner === manager && !asRead) continue;
    if (owner !== undefined && owner !== manager && !takeOver)
      problems.push({
        path,
        error: new Conflict(
          `${path} of ${object} was set by ${owner}, to another value.`,
          'Leave it out, agree with them, or take it over with --force.',
        ),
      });
    else if (isStale())
      problems.push({
        path,
        error: new Conflict(
          `${path} of ${object} was changed since ${revision}.`,
          'Read it again and repeat the change, or overwrite it with --force.',
        ),
      });
  }
  return problems;
}
