// The arguments of every list of a kind, at the root and on an edge, the page that they ask for, and who may see what.
import { type Where } from '../../server/domain/where.ts';
import { placesFor } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { pageArgs, type PageArgs, type PageRequest, parsePageArgs } from './page.ts';
import type { Moment } from '../base/context.ts';
import type { Resource } from './defineResource.ts';
import type { Reader } from './filter.ts';
import { resourceOf } from './registry.ts';

export interface ListArgs extends PageArgs {
  filter?: Record<string, unknown> | null | undefined;
  orderBy?: { field: string; direction: 'ASC' | 'DESC' } | null | undefined;
}

/** The `where` that keeps to what the caller may see of a kind. */
export const visible = (context: Pick<Moment, 'caller'>, { kind, access }: Resource): Where =>
  access.where(placesFor(context.caller.scope, 'read', kind));

/** Who filters a list: related objects that the caller may not see are none to a filter. */
export const readerOf = (context: Pick<Moment, 'caller'>): Reader => ({
  sees: (kind) => visible(context, resourceOf(kind)),
});

/** The page that a list's arguments ask for, under the order they name or the kind's first. */
export function pageOf(resource: Resource, args: ListArgs): PageRequest {
  const order = args.orderBy ? resource.orders[args.orderBy.field]! : Object.values(resource.orders)[0]!;
  return parsePageArgs(args, order, args.orderBy?.direction === 'DESC' ? 'desc' : 'asc');
}

/** The arguments of every list of a kind. */
export function listArgs({ filter, orderBy, entry }: Resource) {
  const own = builder.args((t) => ({
    filter: t.field({ type: filter.ref, description: `Only ${entry.plural} that meet it.` }),
    orderBy: t.field({
      type: orderBy,
      description: `In which order; by default the first of ${entry.type}OrderField.`,
    }),
  }));
  return { ...pageArgs, ...own };
}
