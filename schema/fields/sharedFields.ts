// The fields that objects share: every one has an id, every named kind a place, labels, a version and conditions.
import type { GraphQLResolveInfo } from 'graphql';
import { builder } from '../base/builder.ts';
import type { KindName } from '../catalog.ts';
import { pageArgs } from '../lists/page.ts';
import type { Row } from '../base/rows.ts';
import { Condition, conditionsOf } from './conditions.ts';
import type { Context } from '../base/context.ts';
import { encodeId } from '../base/ids.ts';
import { ChangeConnection } from '../log/history.ts';
import { ifVisibleNow } from '../rows/watchedRow.ts';
import { revisionOf } from '../log/revisionOf.ts';

/** A row that says which kind it is, where a union or an interface has to tell. */
export interface TypedRow extends Row {
  __typename: string;
}

export const Node = builder.interfaceRef<TypedRow>('Node').implement({
  description: 'Anything that has an id.',
  fields: (t) => ({ id: t.id({ description: 'The id, `Kind:uuid`.' }) }),
  resolveType: (row) => row.__typename,
});

export const NamedResource = builder.interfaceRef<TypedRow>('Resource').implement({
  description: 'What every named kind shares.',
  resolveType: (row) => row.__typename,
  fields: (t) => ({
    id: t.id({ description: 'The id, `Kind:uuid`.' }),
    name: t.string({ description: 'The name, a DNS label, unique per kind.' }),
    cloud: t.string({ description: 'The cloud it belongs to; permissions are scoped by it.' }),
    environment: t.string({ description: 'The environment it belongs to; permissions are scoped by it.' }),
    labels: t.field({ type: 'Labels', description: 'Its labels.' }),
    version: t.field({
      type: 'Counter',
      description: 'Counts its changes: give it as `ifVersion` to change what you saw.',
    }),
    revision: t.field({ type: 'Revision', description: 'The revision of its last change.' }),
    createdAt: t.field({ type: 'DateTime', description: 'When it came to be.' }),
    updatedAt: t.field({ type: 'DateTime', description: 'When it was last changed.' }),
    conditions: t.field({ type: [Condition], description: 'What is so about it at present, and since when.' }),
    history: t.field({
      type: ChangeConnection,
      description: 'What happened to it, as far as the change log goes back, the newest first.',
      args: pageArgs,
    }),
  }),
});

/** `id`, on every kind. */
export const idField = (kind: KindName) => ({
  type: 'ID' as const,
  description: 'The id, `Kind:uuid`.',
  extensions: { columns: ['id'] },
  resolve: (row: unknown) => encodeId(kind, (row as Row).id),
});

/** `revision`, on every named kind. */
export const revisionField = (kind: KindName) => ({
  type: 'Revision' as const,
  description: 'The revision of its last change.',
  extensions: { columns: ['id', 'version'] },
  resolve: (row: unknown, _args: unknown, context: Context, info: GraphQLResolveInfo) =>
    ifVisibleNow(
      row,
      (revision) => revision,
      () => revisionOf(kind, row as Row, context, info),
    ),
});

/** `conditions`, on every named kind. */
export const conditionsField = (kind: KindName) => ({
  type: [Condition] as [typeof Condition],
  description: 'What is so about it at present, and since when.',
  extensions: { columns: ['id'] },
  resolve: (row: unknown, _args: unknown, context: Context, info: GraphQLResolveInfo) =>
    ifVisibleNow(
      row,
      () => [],
      () => conditionsOf(kind, (row as Row).id, context, info),
    ),
});

/** Descriptions of the columns that every named kind exposes. */
export const shared = {
  name: { description: 'The name, a DNS label, unique per kind.' },
  cloud: { description: 'The cloud it belongs to; permissions are scoped by it.' },
  environment: { description: 'The environment it belongs to; permissions are scoped by it.' },
  labels: { type: 'Labels' as const, description: 'Its labels.' },
  version: {
    type: 'Counter' as const,
    description: 'Counts its changes: give it as `ifVersion` to change only what you saw.',
  },
  createdAt: { type: 'DateTime' as const, description: 'When it came to be.' },
  updatedAt: { type: 'DateTime' as const, description: 'When it was last changed.' },
};
