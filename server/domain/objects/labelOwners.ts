// Whose labels are whose: each label has an owner of its own, so that several may label one object without a quarrel.
import type { Row } from './types.ts';

type Labels = Readonly<Record<string, unknown>>;

/** The field of every kind that holds its labels. */
export const LABELS = 'labels';

/** What a label is called where the owners of an object's fields are kept. */
export const labelField = (key: string): string => `${LABELS}.${key}`;

const keyOf = (field: string): string | undefined =>
  field.startsWith(`${LABELS}.`) ? field.slice(LABELS.length + 1) : undefined;

const labelsOf = (row: Row | null): Labels => (row?.[LABELS] as Labels | null | undefined) ?? {};

/**
 * Who set which field of an object, and which label. Rows that were written while all labels had one owner together are
 * read as if each had that owner.
 */
export function ownersOf(row: Row | null): Record<string, string> {
  const { [LABELS]: together, ...owners } = (row?.['managers'] as Record<string, string> | null | undefined) ?? {};
  if (together === undefined) return owners;
  const each = Object.keys(labelsOf(row)).map((key): [string, string] => [labelField(key), together]);
  return { ...Object.fromEntries(each), ...owners };
}

/** The labels that come, go or become something else. */
export function changedLabels(row: Row | null, after: Labels): string[] {
  const before = labelsOf(row);
  const value = (labels: Labels, key: string) => (Object.hasOwn(labels, key) ? labels[key] : undefined);
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => value(before, key) !== value(after, key));
}

/** The owners without those of labels that are no more. */
export const withoutGoneLabels = (owners: Record<string, string>, labels: Labels): Record<string, string> =>
  Object.fromEntries(
    Object.entries(owners).filter(([field]) => {
      const key = keyOf(field);
      return key === undefined || Object.hasOwn(labels, key);
    }),
  );

/**
 * All labels of an object after somebody said which ones it sets: of the rest, those that it set before go, and those of
 * others stay. The row's own labels when nothing changes.
 */
export function labelsAfter(row: Row, wanted: Labels, manager: string): Labels {
  const owners = ownersOf(row);
  const kept = Object.entries(labelsOf(row)).filter(
    ([key]) => !Object.hasOwn(wanted, key) && owners[labelField(key)] !== manager,
  );
  return Object.fromEntries([...kept, ...Object.entries(wanted)]);
}
