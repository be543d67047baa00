// The audit trail: the change log as administrators read it. Events and history are other readings of the same rows.
import type { Change } from '../server/store/generated/client.ts';
import { allOf, isEverything, matches, nothing, type Where } from '../server/domain/where.ts';
import { type Followed, watchChanges } from '../server/stream/changes.ts';
import { head } from '../server/store/changes.ts';
import { formatCursor } from '../server/store/cursor.ts';
import { NO_OBJECT } from '../server/store/refusals.ts';
import { GraphQLError } from 'graphql';
import type { Scope } from '../server/caller.ts';
import { placesFor } from './access.ts';
import { builder } from './builder.ts';
import { catalog, type KindName } from './catalog.ts';
import {
  encodeCursor,
  type OrderBy,
  type Page,
  pageArgs,
  PageInfo,
  type PageArgs,
  pageOrder,
  pageRequest,
  paged,
  toPage,
} from './connection.ts';
import type { Context } from './context.ts';
import { clearly } from './dropped.ts';
import { enumFilter, defineFilter, filterBy } from './filter.ts';
import { encodeId, isUuid } from './ids.ts';
import { perRow } from './sizes.ts';

/** What differs in every change, or says the same as another field. */
const BOOKKEEPING: ReadonlySet<string> = new Set(['version', 'updatedAt', 'managers', 'labelTokens']);

type Json = Record<string, unknown>;
/** A change, and what it takes to show it: which log it is in, and who looks. */
type Entry = Change & { id: string; logId: string; scope: Scope };

const Operation = builder.enumType('AuditOperation', {
  description: 'What happened to an object.',
  values: {
    CREATE: { description: 'It came to be.' },
    UPDATE: { description: 'It changed.' },
    DELETE: { description: 'It went.' },
  } as const,
});

const Outcome = builder.enumType('AuditOutcome', {
  description: 'What became of it.',
  values: {
    DONE: { description: 'It was done.' },
    REFUSED: { description: 'The caller lacked a permission, or did not prove who it is.' },
  } as const,
});

const FieldChange = builder.objectRef<{ field: string; before: unknown; after: unknown }>('FieldChange').implement({
  description: 'One field of an object, before and after a change.',
  fields: (t) => ({
    field: t.exposeString('field', { description: 'Its name.' }),
    before: t.expose('before', { type: 'JSON', nullable: true, description: 'What it was.' }),
    after: t.expose('after', { type: 'JSON', nullable: true, description: 'What it is.' }),
  }),
});

/**
 * An object as it was on one side of a change: null for whoever may not see it there. It may have been moved from where
 * the caller may see it to where not, or the other way round.
 */
function side({ kind, scope }: Entry, row: Change['before']): Json | null {
  const object = row as Json | null;
  if (object === null || !('cloud' in object) || !Object.hasOwn(catalog, kind)) return object;
  return matches(placesFor(scope, 'admin', kind as KindName), object) ? object : null;
}

/** The fields that differ, bookkeeping aside. */
function fieldChanges(entry: Entry) {
  const [a, b] = [side(entry, entry.before) ?? {}, side(entry, entry.after) ?? {}];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((field) => !BOOKKEEPING.has(field) && JSON.stringify(a[field]) !== JSON.stringify(b[field]))
    .sort()
    .map((field) => ({ field, before: a[field] ?? null, after: b[field] ?? null }));
}

const AuditEntry = builder.objectRef<Entry>('AuditEntry').implement({
  description: 'What somebody did, or was refused. Secrets are not in it.',
  fields: (t) => ({
    revision: t.field({
      type: 'Revision',
      description: 'Its place in the change log.',
      resolve: (entry) => formatCursor(entry),
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
    actor: t.exposeString('actor', { description: 'Who, such as `user/ann` or `bastion/north`.' }),
    action: t.exposeString('action', { description: 'By what, such as `updateServer`.' }),
    operation: t.field({ type: Operation, description: 'What happened.', resolve: (row) => row.operation as 'CREATE' }),
    outcome: t.field({ type: Outcome, description: 'What became of it.', resolve: (row) => row.outcome as 'DONE' }),
    kind: t.exposeString('kind', { description: 'The kind of object, such as `Server`.' }),
    objectId: t.id({
      nullable: true,
      description: 'The object, which may be gone; null for a refusal that is about none that is known.',
      resolve: ({ kind, objectId }) => (objectId === NO_OBJECT ? null : encodeId(kind as KindName, objectId)),
    }),
    name: t.exposeString('name', { description: "The object's name then; of a part, that of the whole." }),
    cloud: t.exposeString('cloud', { description: 'The cloud it was in then.' }),
    environment: t.exposeString('environment', { description: 'The environment it was in then.' }),
    before: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The whole object before; null when it came to be, or was where you may not see it.',
      resolve: (entry) => side(entry, entry.before),
    }),
    after: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The whole object after; null when it went, or is where you may not see it.',
      resolve: (entry) => side(entry, entry.after),
    }),
    changes: t.field({
      type: [FieldChange],
      description: 'What differs, but for what differs in every change.',
      resolve: fieldChanges,
    }),
    requestId: t.exposeString('requestId', { description: "The request, as labd's log names it." }),
    address: t.exposeString('address', { description: "The caller's address; empty for labd itself." }),
    count: t.exposeInt('count', { description: 'How often, for a refusal that was repeated within a minute.' }),
  }),
});

const newestFirst: OrderBy = { column: 'rev', unique: true, type: 'counter', description: 'By revision.' };

const AuditEdge = builder.objectRef<{ row: Entry; page: Page }>('AuditEntryEdge').implement({
  description: 'An entry of the audit trail, and its place in it.',
  fields: (t) => ({
    node: t.field({ type: AuditEntry, description: 'The entry.', resolve: ({ row }) => row }),
    cursor: t.string({
      description: 'Its place: give it as `after` or `before`.',
      resolve: ({ row, page }) => encodeCursor(page.request.order, row),
    }),
  }),
});

const AuditConnection = builder.objectRef<Page>('AuditEntryConnection').implement({
  description: 'A page of the audit trail, the newest first.',
  fields: (t) => ({
    nodes: t.field({
      type: [AuditEntry],
      extensions: { ...perRow },
      description: 'The entries of this page.',
      resolve: (page) => page.rows as Entry[],
    }),
    edges: t.field({
      type: [AuditEdge],
      extensions: { ...perRow },
      description: 'The entries of this page with their cursors.',
      resolve: (page) => page.rows.map((row) => ({ row: row as Entry, page })),
    }),
    pageInfo: t.field({ type: PageInfo, description: 'Where this page lies.', resolve: (page) => page }),
    totalCount: t.int({
      description: 'How many there are on all pages. Counted only when it is selected.',
      resolve: (page) => page.count(),
    }),
    revision: t.field({
      type: 'Revision',
      nullable: true,
      description: 'The revision that the entries were read at, to watch from.',
      resolve: ({ revision }) => revision,
    }),
  }),
});

/** Names of kinds are not looked at: what is in the log may be of a kind that is no more. */
function ofObject(id: string): Where {
  const [, kind, uuid] = /^(?:(\w+):)?([0-9a-f-]{36})$/i.exec(id) ?? [];
  if (uuid !== undefined && isUuid(uuid))
    return allOf(kind === undefined ? {} : { kind }, { objectId: uuid.toLowerCase() });
  throw new GraphQLError(`"${id.slice(0, 80)}" is not the id of an object. Ids look like Server:<uuid>.`, {
    extensions: { code: 'BAD_USER_INPUT' },
  });
}

const filter = defineFilter('AuditEntry', {
  actor: filterBy.text('actor', 'By who did it, such as `user/ann`.'),
  action: filterBy.text('action', 'By what it was done with, such as `updateServer`.'),
  kind: filterBy.text('kind', 'By the kind of object, such as `Server`.'),
  name: filterBy.text('name', "By the object's name."),
  object: { type: 'ID', description: "By the object's id, `Kind:uuid` or the bare uuid.", where: ofObject },
  cloud: filterBy.text('cloud', 'By cloud.'),
  environment: filterBy.text('environment', 'By environment.'),
  outcome: filterBy.choice(enumFilter(Outcome), 'outcome', 'By what became of it.'),
  requestId: filterBy.text('requestId', 'By request.'),
  since: filterBy.moment('at', 'gte', 'From this moment on.'),
  until: filterBy.moment('at', 'lt', 'Before this moment.'),
});

/** The entries that a scope may see: of each kind, those of objects that it administers. */
function visible(scope: Scope): Where {
  const kinds = Object.keys(catalog) as KindName[];
  const places = kinds.map((kind) => [kind, placesFor(scope, 'admin', kind)] as const);
  // Whoever administers everything sees what is no object's too.
  if (places.every(([, place]) => isEverything(place))) return {};
  const seen = places.filter(([, place]) => place !== nothing).map(([kind, place]) => allOf({ kind }, place));
  return seen.length === 0 ? nothing : { OR: seen };
}

/** A cursor names a row by its transaction; the order needs the revision alone. */
const entryOf = (row: Change, logId: string, scope: Scope): Entry => ({ ...row, id: row.txId, logId, scope });

interface AuditArgs extends PageArgs {
  filter?: Record<string, unknown> | null;
}

const args = builder.args((t) => ({
  filter: t.field({ type: filter.ref, description: 'Only entries that meet it.' }),
}));

builder.queryField('auditEntries', (t) =>
  t.field({
    type: AuditConnection,
    action: 'admin',
    extensions: { ...paged },
    description: 'The audit trail, the newest first.',
    args: { ...pageArgs, ...args },
    resolve: (async (_root: unknown, given: AuditArgs, context: Context): Promise<Page> => {
      const { scope } = context.caller;
      const request = pageRequest(given, newestFirst, 'desc');
      const where = allOf(filter.where(given.filter), visible(scope));
      context.beforeReading();
      const { at, found } = await context.database.read(async (client) => ({
        at: await head(client),
        found: await client.change.findMany({
          where: allOf(where, ...request.segments) as never,
          orderBy: pageOrder(request) as never,
          take: request.size + 1,
        }),
      }));
      const count = () => {
        context.beforeReading();
        return context.database.prisma.change.count({ where: where as never });
      };
      const rows = found.map((row) => entryOf(row, at.logId, scope));
      return toPage(request, rows, count, formatCursor(at));
    }) as never,
  }),
);

builder.subscriptionField('watchAudit', (t) =>
  t.field({
    type: AuditEntry,
    action: 'admin',
    description: 'Follows the audit trail: what comes from now on, or after a revision, refusals included.',
    args: {
      ...args,
      after: t.arg({ type: 'Revision', description: 'Resume after this revision, without a gap or a repeat.' }),
    },
    subscribe: (async (
      _root: unknown,
      given: { filter?: Record<string, unknown> | null; after?: string | null },
      context: Context,
    ) => {
      const { caller, database, hub } = context;
      const own = filter.where(given.filter);
      const shown = (row: Change) => matches(allOf(own, visible(caller.scope)), { ...row, id: row.objectId });
      return clearly(await watchChanges(database, hub, shown, given.after));
    }) as never,
    resolve: ((found: Followed, _args: object, { caller }: Context) =>
      entryOf(found.change, found.logId, caller.scope)) as never,
  }),
);
