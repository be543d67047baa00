// What every kind has besides its own fields: how to refer to one, filter and order many, and its connection.
import type { InputFieldMap, ObjectRef } from '@pothos/core';
import { getRefFromModel } from '@pothos/plugin-prisma';
import type { Ways } from '../../server/domain/objects/reference.ts';
import { storable } from '../../server/domain/where.ts';
import type { Access } from '../permissions/scope.ts';
import { builder, type Types } from '../base/builder.ts';
import { atMoment } from '../base/contextAt.ts';
import { catalog, type Kind, type KindName } from '../catalog.ts';
import { encodeCursor, type Orders, type Page, PageInfo } from './page.ts';
import type { Row } from '../base/rows.ts';
import { defineFilter, type FilterFields } from './filter.ts';
import { decodeId } from '../base/ids.ts';
import { perRow } from '../base/sizes.ts';
import { inTurn } from '../base/turns.ts';
import { register } from './registry.ts';

/** A way to refer to one object besides its id: the conditions that a reference may mean, the likeliest first. */
export interface Reference {
  readonly description: string;
  readonly ways: (value: string) => Ways;
}

/** What makes a kind that kind. */
export interface KindSpec {
  readonly access: Access;
  readonly filter: FilterFields;
  /** The first is the default */
  readonly orders: Orders;
  readonly references?: Readonly<Record<string, Reference>>;
}

const enumOf = (kind: KindName, orders: Orders) =>
  builder.enumType(`${kind}OrderField`, {
    description: `What ${catalog[kind].plural} can be ordered by.`,
    values: Object.fromEntries(Object.entries(orders).map(([name, { description }]) => [name, { description }])),
  });

const OrderDirection = builder.enumType('OrderDirection', {
  description: 'Which end of an order comes first.',
  values: {
    ASC: { description: 'The least value first: names from a to z, the oldest moment first.' },
    DESC: { description: 'The greatest value first: names from z to a, the newest moment first.' },
  },
});

function resourceFrom(kind: KindName, spec: KindSpec) {
  const entry: Kind = catalog[kind];
  const references = spec.references ?? {};
  const filter = defineFilter(kind, spec.filter);

  const orderField = enumOf(kind, spec.orders);
  const orderBy = builder.inputType(`${kind}Order`, {
    description: `An order of ${entry.plural}; ties are broken by id.`,
    fields: (t) => ({
      field: t.field({ type: orderField, required: true, description: 'What to order by.' }),
      direction: t.field({
        type: OrderDirection,
        required: true,
        defaultValue: 'ASC',
        description: 'Which end comes first.',
      }),
    }),
  });

  const by = builder.inputRef<Record<string, string>>(`${kind}By`);
  by.implement({
    description: `Refers to one ${kind}, in exactly one way.`,
    isOneOf: true,
    fields: (t: { id: (o: object) => never; string: (o: object) => never }): InputFieldMap => ({
      id: t.id({ description: `The id, \`${kind}:uuid\`, or the bare uuid.` }),
      ...Object.fromEntries(
        Object.entries(references).map(([name, { description }]) => [name, t.string({ description })]),
      ),
    }),
  } as never);

  /** What a reference may mean. Throws BAD_USER_INPUT for an id of another kind. */
  const referenceWays = (reference: Record<string, string | null | undefined>): Ways => {
    const [name, value] = Object.entries(reference).find(([, given]) => given != null)!;
    if (name === 'id') return [{ id: decodeId(value!, kind) }];
    return storable(value!) ? references[name]!.ways(value!) : [];
  };

  const object = getRefFromModel(kind, builder) as unknown as ObjectRef<Types, Row>;

  const edge = builder.objectRef<{ row: Row; page: Page }>(`${kind}Edge`).implement({
    description: `A ${kind} in a list, and its place in it.`,
    fields: (t) => ({
      node: t.field({ type: object, description: `The ${kind} at this place of the list.`, resolve: ({ row }) => row }),
      cursor: t.string({
        description: 'Its place: give it as `after` or `before`.',
        resolve: ({ row, page }) => encodeCursor(page.request.order, row),
      }),
    }),
  });

  const connection = builder.objectRef<Page>(`${kind}Connection`).implement({
    description: `A page of ${entry.plural}, in the order that was asked for.`,
    fields: (t) => ({
      nodes: t.field({
        type: [object],
        description: 'The rows of this page.',
        extensions: { ...perRow },
        resolve: atMoment(({ rows }: Page, _args: unknown, here) =>
          inTurn(here.turns, here, rows.length, () => rows as Row[]),
        ),
      }),
      edges: t.field({
        type: [edge],
        description: 'The rows of this page with their cursors.',
        extensions: { ...perRow },
        resolve: atMoment((page: Page, _args: unknown, here) =>
          inTurn(here.turns, here, page.rows.length, () => page.rows.map((row) => ({ row, page }))),
        ),
      }),
      pageInfo: t.field({ type: PageInfo, description: 'Where this page lies.', resolve: (page) => page }),
      totalCount: t.int({
        description: 'How many there are on all pages. Counted only when it is selected.',
        resolve: (page) => page.count(),
      }),
      revision: t.field({
        type: 'Revision',
        nullable: true,
        description: 'The revision that the rows were read at, to watch from; null on lists below another object.',
        resolve: ({ revision }) => revision,
      }),
    }),
  });
  return { kind, entry, ...spec, filter, orderBy, by, referenceWays, object, connection };
}

/** A kind of resource, as the rest of the schema sees it. */
export type Resource = ReturnType<typeof resourceFrom>;

/** Defines the types that every kind has besides its own: filter, order, reference, connection. roots and rows load them. */
export function defineResource(kind: KindName, spec: KindSpec): Resource {
  const resource = resourceFrom(kind, spec);
  register(resource);
  return resource;
}
