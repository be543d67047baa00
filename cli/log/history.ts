// What happened to objects, as the command line shows it.
import { short } from './audit.ts';
import type { ChangeRowFragment, LastEventsFragment } from '../generated/documents.ts';
import { type Column, counted, list, type Section } from '../kinds/kind.ts';
import type { Entry } from './entries.ts';

export type Change = Entry<ChangeRowFragment>;

const words = { CREATE: 'created', DELETE: 'deleted' } as const;

/** The number of a revision, which is how people name a change. */
const number = (revision: string): string | undefined => revision.split('.').at(-1);

const arrow = (before: unknown, after: unknown): string => `${short(before)} → ${short(after)}`;

/** What a change did, in a line: of what came or went, that it did. */
export const summary = ({ operation, changes }: Pick<Change, 'operation' | 'changes'>): string =>
  operation === 'UPDATE'
    ? changes.map(({ field, before, after }) => `${field}: ${arrow(before, after)}`).join(', ')
    : words[operation];

/** The part of a description that tells what happened last, the newest first; none of what has no events. */
export const eventSection = ({ history }: Partial<LastEventsFragment>): Section[] =>
  history
    ? list(counted('Events', history), history.nodes, ({ revision, at, actor, action, operation, changes }) => ({
        title: `${action} by ${actor}`,
        facts: [
          ['At', `${at} (revision ${number(revision)})`],
          ...(operation === 'UPDATE'
            ? changes.map(({ field, before, after }) => [field, arrow(before, after)] as const)
            : []),
        ],
      }))
    : [];

const shared: readonly Column<Change>[] = [
  { header: 'REVISION', value: ({ revision }) => number(revision) },
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
  { header: 'REVISION', value: ({ revision }) => number(revision) },
];
