// The change log as the graph reads it: what the audit trail, events and histories have in common.
import type { Action, Scope } from '../../server/domain/access/caller.ts';
import { PLACE } from '../../server/domain/objects/parts.ts';
import { allOf, matches, type Where } from '../../server/domain/where.ts';
import { head } from '../../server/store/changes.ts';
import { formatCursor } from '../../server/store/cursor.ts';
import type { Change } from '../../server/store/generated/client.ts';
import { placesFor } from '../permissions/scope.ts';
import { builder, type Types } from '../base/builder.ts';
import { catalog, type KindName } from '../catalog.ts';
import {
  encodeCursor,
  type OrderBy,
  type Page,
  type PageArgs,
  PageInfo,
  pageOrder,
  parsePageArgs,
  type PageRequest,
  toPage,
} from '../lists/page.ts';
import type { Context, Moment } from '../base/context.ts';
import { atMoment } from '../base/contextAt.ts';
import { perRow } from '../base/sizes.ts';
import { inTurn } from '../base/turns.ts';

/** What differs in every change, or says the same as another field. */
const BOOKKEEPING: ReadonlySet<string> = new Set(['version', 'updatedAt', 'managers', 'labelTokens', 'labelText']);

/** What no entry meets: each was counted once at least, and counts have no index. */
export const noEntry: Where = { count: { lt: 0 } };

type Json = Record<string, unknown>;
/** A change with what showing it needs: the id of its log and the scope of the caller. */
export type Entry = Change & { id: string; logId: string; scope: Scope };

export const Operation = builder.enumType('AuditOperation', {
  description: 'What happened to an object.',
  values: {
    CREATE: { description: 'The object was created.' },
    UPDATE: { description: 'Fields of the object changed.' },
    DELETE: { description: 'The object was deleted.' },
  } as const,
});

export const FieldChange = builder
  .objectRef<{ field: string; before: unknown; after: unknown }>('FieldChange')
  .implement({
    description: 'One field of an object, before and after a change.',
    fields: (t) => ({
      field: t.exposeString('field', { description: 'The name of the field, as the change log keeps it.' }),
      before: t.expose('before', {
        type: 'JSON',
        nullable: true,
        description: 'The value before the change; null when there was none.',
      }),
      after: t.expose('after', {
        type: 'JSON',
        nullable: true,
        description: 'The value after the change; null when there is none.',
      }),
    }),
  });

/**
 * An object before or after a change; null when the caller may not see it in the place it was in then. A change may move
 * an object into or out of the places that the caller may see.
 */
export function side(entry: Entry, action: Action, row: Change['before']): Json | null {
  const { kind, scope } = entry;
  const object = row as Json | null;
  if (object === null || !Object.hasOwn(catalog, kind)) return object;
  // A part has no place of its own. The change says where it was, unless its whole was moved: then the row says so.
  const place = 'cloud' in object ? object : { ...entry, ...(object[PLACE] as Json | undefined), id: object['id'] };
  return matches(placesFor(scope, action, kind as KindName), place) ? object : null;
}

/** The fields that differ, bookkeeping aside. */
export function fieldChanges(entry: Entry, action: Action) {
  const [a, b] = [side(entry, action, entry.before) ?? {}, side(entry, action, entry.after) ?? {}];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((field) => !BOOKKEEPING.has(field))
    .map((field) => ({ field, before: a[field] ?? null, after: b[field] ?? null }))
    .filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after))
    .sort((one, other) => (one.field < other.field ? -1 : 1));
}

const byRevision: OrderBy = { column: 'rev', unique: true, type: 'counter', description: 'By revision.' };

/** The connection of changes as one type shows them. */
export function logConnection(
  node: PothosSchemaTypes.ObjectRef<Types, Entry>,
  name: string,
  { page, row }: { page: string; row: string },
) {
  const edge = builder.objectRef<{ row: Entry; page: Page }>(`${name}Edge`).implement({
    description: `One ${row}, and its place in the list.`,
    fields: (t) => ({
      node: t.field({ type: node, description: `The ${row} at this place of the list.`, resolve: (one) => one.row }),
      cursor: t.string({
        description: 'Its place: give it as `after` or `before`.',
        resolve: (one) => encodeCursor(one.page.request.order, one.row),
      }),
    }),
  });
  return builder.objectRef<Page>(`${name}Connection`).implement({
    description: page,
    fields: (t) => ({
      nodes: t.field({
        type: [node],
        extensions: { ...perRow },
        description: 'The entries of this page.',
        resolve: atMoment(({ rows }: Page, _args: unknown, here) =>
          inTurn(here.turns, here, rows.length, () => rows as readonly Entry[]),
        ),
      }),
      edges: t.field({
        type: [edge],
        extensions: { ...perRow },
        description: 'The entries of this page with their cursors.',
        resolve: atMoment((own: Page, _args: unknown, here) =>
          inTurn(here.turns, here, own.rows.length, () => own.rows.map((one) => ({ row: one as Entry, page: own }))),
        ),
      }),
      pageInfo: t.field({ type: PageInfo, description: 'Where this page lies.', resolve: (own) => own }),
      totalCount: t.int({
        description: 'How many there are on all pages. Counted only when it is selected.',
        resolve: (own) => own.count(),
      }),
      revision: t.field({
        type: 'Revision',
        nullable: true,
        description: 'The revision that the entries were read at, to watch from; null on lists below another object.',
        resolve: ({ revision }) => revision,
      }),
    }),
  });
}

/** A cursor names a row by its transaction; the order needs the revision alone. */
export const entryOf = (row: Change, logId: string, { caller }: Pick<Moment, 'caller'>): Entry => ({
  ...row,
  id: row.txId,
  logId,
  scope: caller.scope,
});

/** The page of the log that arguments ask for, the newest first. */
export const logRequest = (args: PageArgs): PageRequest => parsePageArgs(args, byRevision, 'desc');

/** One page of the log. */
export async function logPage(args: PageArgs, where: Where, context: Context): Promise<Page> {
  const request = logRequest(args);
  const selected: object = allOf(where, ...request.segments);
  context.beforeReading();
  const { at, found } = await context.database.read(async (client) => ({
    at: await head(client),
    found: await client.change.findMany({
      where: selected,
      orderBy: pageOrder(request),
      take: request.size + 1,
    }),
  }));
  const all: object = where;
  const count = () => {
    context.beforeReading();
    return context.database.prisma.change.count({ where: all });
  };
  return toPage(
    request,
    found.map((row) => entryOf(row, at.logId, context)),
    count,
    formatCursor(at),
  );
}
