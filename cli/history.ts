// What happened to objects, as the command line shows it.
import { short } from './audit.ts';
import type { ChangeRowFragment } from './generated/documents.ts';
import type { Column } from './kinds/kind.ts';
import type { Entry } from './log.ts';

export type Change = Entry<ChangeRowFragment>;

const words = { CREATE: 'created', DELETE: 'deleted' } as const;

/** What a change did, in a line: of what came or went, that it did. */
export const summary = ({ operation, changes }: Pick<Change, 'operation' | 'changes'>): string =>
  operation === 'UPDATE'
    ? changes.map(({ field, before, after }) => `${field}: ${short(before)} → ${short(after)}`).join(', ')
    : words[operation];

const shared: readonly Column<Change>[] = [
  { header: 'REVISION', value: ({ revision }) => revision.split('.').at(-1) },
  { header: 'AT', value: ({ at }) => at },
  { header: 'ACTOR', value: ({ actor }) => actor },
  { header: 'ACTION', value: ({ action }) => action },
];
const more: readonly Column<Change>[] = [
  { header: 'PLACE', wide: true, value: ({ cloud, environment }) => `${cloud}/${environment}` },
  { header: 'REQUEST', wide: true, value: ({ requestId }) => requestId },
];

/** Columns of one object's history. */
export const historyColumns: readonly Column<Change>[] = [...shared, ...more, { header: 'CHANGES', value: summary }];

/** Columns of events. */
export const eventColumns: readonly Column<Change>[] = [
  ...shared,
  { header: 'OBJECT', value: ({ kind, name }) => `${kind}/${name}` },
  ...more,
  { header: 'CHANGES', value: summary },
];

/** A field, and who set it last. */
export interface Blamed {
  readonly id: string;
  readonly name: string;
  readonly value: unknown;
  readonly actor: string;
  readonly action: string;
  readonly at: string;
  readonly revision: string;
}

/** Who last set each field, by what is kept; the changes come the oldest first. */
export function blame(changes: readonly Change[]): Blamed[] {
  const fields = new Map<string, Blamed>();
  for (const { actor, action, at, revision, changes: fieldChanges } of changes)
    for (const { field, after } of fieldChanges)
      fields.set(field, { id: field, name: field, value: after, actor, action, at, revision });
  return [...fields.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export const blameColumns: readonly Column<Blamed>[] = [
  { header: 'FIELD', value: ({ name }) => name },
  { header: 'VALUE', value: ({ value }) => short(value) },
  { header: 'ACTOR', value: ({ actor }) => actor },
  { header: 'AT', value: ({ at }) => at },
  { header: 'REVISION', value: ({ revision }) => revision.split('.').at(-1) },
];
