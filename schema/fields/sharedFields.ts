// The fields that objects share: every one has an id, every named kind a place, labels, a version and conditions.
import { builder, type Types } from '../base/builder.ts';
import type { KindName } from '../catalog.ts';
import { pageArgs, paged } from '../lists/page.ts';
import type { Row } from '../base/rows.ts';
import { batched, CHECKS_ITSELF, computedField } from './computed.ts';
import { Condition, conditionsField } from './conditions.ts';
import { encodeId } from '../base/ids.ts';
import { ChangeConnection, historyOf } from '../log/history.ts';
import { revisionOf } from '../log/revisionOf.ts';

/** A row that says which kind it is, where a union or an interface has to tell. */
export interface TypedRow extends Row {
  __typename: string;
}

/** Only rows that were read for an interface say which kind they are; those of a known kind need not. */
const kindOf = (row: { id: string }): string => (row as TypedRow).__typename;

/** What the rows of every named kind have. */
interface NamedRow {
  id: string;
  name: string;
  cloud: string;
  environment: string;
  labels: unknown;
  version: bigint;
  createdAt: Date;
  updatedAt: Date;
}

/** What the interface and every kind say of the shared fields. */
const descriptions = {
  id: 'The id, `Kind:uuid`.',
  name: 'The name, a DNS label, unique per kind.',
  cloud: 'The cloud it belongs to; permissions are scoped by it.',
  environment: 'The environment it belongs to; permissions are scoped by it.',
  labels: 'Its labels, a map such as `{"rack": "a1"}`; empty when it has none.',
  revision: 'The revision of its last change.',
  createdAt: 'When it came to be.',
  updatedAt: 'When it was last changed.',
  conditions: 'What is so about it at present, and since when.',
  history: 'What happened to it, as far as the change log goes back, the newest first.',
} as const;

export const Node = builder.interfaceRef<{ id: string }>('Node').implement({
  description: 'Anything that has an id.',
  fields: (t) => ({ id: t.id({ description: descriptions.id }) }),
  resolveType: kindOf,
});

export const NamedResource = builder.interfaceRef<NamedRow>('Resource').implement({
  description: 'What every named kind shares.',
  resolveType: kindOf,
  fields: (t) => ({
    id: t.id({ description: descriptions.id }),
    name: t.string({ description: descriptions.name }),
    cloud: t.string({ description: descriptions.cloud }),
    environment: t.string({ description: descriptions.environment }),
    labels: t.field({ type: 'Labels', description: descriptions.labels }),
    version: t.field({
      type: 'Counter',
      description: 'Counts its changes: give it as `ifVersion` to change what you saw.',
    }),
    revision: t.field({ type: 'Revision', description: descriptions.revision }),
    createdAt: t.field({ type: 'DateTime', description: descriptions.createdAt }),
    updatedAt: t.field({ type: 'DateTime', description: descriptions.updatedAt }),
    conditions: t.field({ type: [Condition], description: descriptions.conditions }),
    history: t.field({
      type: ChangeConnection,
      description: descriptions.history,
      args: pageArgs,
    }),
  }),
});

/** `id`, on every kind. */
export const idField = (kind: KindName) => ({
  type: 'ID' as const,
  description: descriptions.id,
  extensions: { columns: ['id'] },
  resolve: (row: unknown) => encodeId(kind, (row as Row).id),
});

/** `revision`, on every named kind. */
function revisionField(kind: KindName) {
  const load = revisionOf(kind);
  return computedField({
    type: 'Revision',
    description: descriptions.revision,
    columns: ['id', 'version'],
    now: batched(load),
    then: batched(load),
    hidden: (_row: Row, revision) => revision,
  });
}

/** `history`, on every kind: it is limited to the places that the caller may read by the log itself. */
export function historyField(kind: KindName) {
  const load = historyOf(kind);
  return computedField({
    type: ChangeConnection,
    description: descriptions.history,
    args: pageArgs,
    columns: ['id'],
    sizes: paged,
    now: batched(load),
    then: batched(load),
    hidden: CHECKS_ITSELF,
  });
}

/** Fields that some kinds without a name share too. */
export const shared = {
  version: {
    type: 'Counter' as const,
    description: 'Counts its changes: give it as `ifVersion` to change only what you saw.',
  },
  updatedAt: { type: 'DateTime' as const, description: descriptions.updatedAt },
};

/** Pothos' builder of the fields of any named kind, as far as they are the same for all. */
type FieldBuilder = Pick<PothosSchemaTypes.ObjectFieldBuilder<Types, NamedRow>, 'field'>;

/** All fields that every named kind has, in the order in which the graph prints them. */
export const namedFields = (t: FieldBuilder, kind: KindName) => ({
  id: t.field(idField(kind)),
  name: t.field({
    type: 'String',
    description: descriptions.name,
    extensions: { columns: ['name'] },
    resolve: (row) => row.name,
  }),
  cloud: t.field({
    type: 'String',
    description: descriptions.cloud,
    extensions: { columns: ['cloud'] },
    resolve: (row) => row.cloud,
  }),
  environment: t.field({
    type: 'String',
    description: descriptions.environment,
    extensions: { columns: ['environment'] },
    resolve: (row) => row.environment,
  }),
  labels: t.field({
    type: 'Labels',
    description: descriptions.labels,
    extensions: { columns: ['labels'] },
    resolve: (row) => row.labels,
  }),
  version: t.field({ ...shared.version, extensions: { columns: ['version'] }, resolve: (row) => row.version }),
  revision: t.field(revisionField(kind)),
  createdAt: t.field({
    type: 'DateTime',
    description: descriptions.createdAt,
    extensions: { columns: ['createdAt'] },
    resolve: (row) => row.createdAt,
  }),
  updatedAt: t.field({ ...shared.updatedAt, extensions: { columns: ['updatedAt'] }, resolve: (row) => row.updatedAt }),
  conditions: t.field(conditionsField(kind, descriptions.conditions)),
  history: t.field(historyField(kind)),
});
