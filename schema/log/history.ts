// The history of one object and the events of all, for callers who may read the objects.
import type { GraphQLResolveInfo, GraphQLSchema } from 'graphql';
import { isObjectType } from 'graphql';
import type { Scope } from '../../server/domain/access/caller.ts';
import { allOf, matches, nothing, testOf, type Where } from '../../server/domain/where.ts';
import { head } from '../../server/store/changes.ts';
import { formatCursor } from '../../server/store/cursor.ts';
import type { Change as Logged } from '../../server/store/generated/client.ts';
import { latestChanges } from '../../server/domain/latestChanges.ts';
import { watchChanges } from '../../server/stream/changes.ts';
import { placesFor } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { catalog, type KindName } from '../catalog.ts';
import { type Page, pageArgs, type PageArgs, paged, toPage } from '../lists/page.ts';
import type { Moment } from '../base/context.ts';
import { withDropReason } from '../base/dropReason.ts';
import { defineFilter, filterBy } from '../lists/filter.ts';
import { encodeId } from '../base/ids.ts';
import {
  type Entry,
  entryOf,
  FieldChange,
  fieldChanges,
  logConnection,
  logPage,
  noEntry,
  logRequest,
  Operation,
} from './entries.ts';
import { atPresent } from '../base/contextAt.ts';
import { logOf } from './logOf.ts';
import { columnsReadBy } from '../rows/plan.ts';
import { redactReferences } from './redactIds.ts';
import { actorFor, filterByActor, logReader } from './actors.ts';

/** The message of a condition may name objects that the caller may not see, so history leaves it out. */
const hiddenColumns: Readonly<Record<string, readonly string[]>> = { Condition: ['message'] };

const columnCache = new WeakMap<GraphQLSchema, Map<string, ReadonlySet<string>>>();

/** The columns of a kind that its fields show. History shows no others. */
export function visibleColumns(schema: GraphQLSchema, kind: string): ReadonlySet<string> {
  let kinds = columnCache.get(schema);
  if (!kinds) columnCache.set(schema, (kinds = new Map<string, ReadonlySet<string>>()));
  let columns = kinds.get(kind);
  if (!columns) {
    const type = schema.getType(kind);
    const fields = isObjectType(type) ? Object.values(type.getFields()) : [];
    const all = fields.flatMap(columnsReadBy).filter((column) => !hiddenColumns[kind]?.includes(column));
    kinds.set(kind, (columns = new Set(all)));
  }
  return columns;
}

const Change = builder.objectRef<Entry>('Change').implement({
  description: 'Something that happened to an object, for those who may read the object.',
  fields: (t) => ({
    revision: t.field({
      type: 'Revision',
      description: 'Its place in the change log: give it as `at` to see all as it was right after.',
      resolve: (entry) => formatCursor(entry),
    }),
    at: t.expose('at', {
      type: 'DateTime',
      description:
        "When it was committed, by the database's clock. If that was set back by over a minute, a later change has an earlier time.",
    }),
    actor: t.string({
      description: 'Who, such as `user/ann` or `bastion/north`; without the name, of a bastion that you may not see.',
      resolve: atPresent(({ actor }: Entry, _args: unknown, context) => actorFor(actor, context)),
    }),
    action: t.exposeString('action', { description: 'By what, such as `updateServer`.' }),
    operation: t.field({
      type: Operation,
      description: 'Whether the object was created, changed or deleted.',
      resolve: (row) => row.operation as 'CREATE',
    }),
    kind: t.exposeString('kind', { description: 'The kind of object, such as `Server`.' }),
    objectId: t.id({
      description: 'The object, which may be gone.',
      resolve: ({ kind, objectId }) => encodeId(kind as KindName, objectId),
    }),
    name: t.exposeString('name', { description: "The object's name then; of a part, that of the whole." }),
    cloud: t.exposeString('cloud', { description: 'The cloud it was in then.' }),
    environment: t.exposeString('environment', { description: 'The environment it was in then.' }),
    requestId: t.exposeString('requestId', { description: "The request, as labd's log names it." }),
    changes: t.field({
      type: [FieldChange],
      description:
        'The fields that differ, but for what differs in every change, and as far as you may see both sides and what they lead to.',
      resolve: atPresent((entry: Entry, _args: unknown, context, { schema }) => {
        const columns = visibleColumns(schema, entry.kind);
        const changes = fieldChanges(entry, 'read').filter(({ field }) => columns.has(field));
        return redactReferences(changes, entry.kind, schema, context);
      }),
    }),
  }),
});

export const ChangeConnection = logConnection(Change, 'Change', {
  page: 'A page of changes, the newest first.',
  row: 'change',
});

/**
 * The places whose changes a scope may read. A grant on what a bastion holds counts for nothing: bastions read no log.
 * Where it may read none, the condition is one that the log's own columns can be asked.
 */
function placesOf(scope: Scope, kind: KindName): Where {
  const own = scope.every(({ heldBy }) => heldBy === undefined)
    ? scope
    : scope.filter(({ heldBy }) => heldBy === undefined);
  const where = placesFor(own, 'read', kind);
  return where === nothing ? noEntry : where;
}

/** How many of each object's changes there are that meet a condition, in one statement. */
async function countsOf(here: Moment, kind: KindName, ids: readonly string[], where: Where) {
  here.beforeReading();
  const own: object = allOf({ kind, objectId: { in: [...new Set(ids)] }, outcome: 'DONE' }, where);
  const { client } = logOf(here);
  const groups = await client.change.groupBy({ by: ['objectId'], where: own, _count: true });
  return new Map(groups.map(({ objectId, _count }) => [objectId, _count]));
}

/** Loads the page of each object's changes that arguments ask for, up to the moment: one statement for all objects. */
export const historyOf =
  (kind: KindName) =>
  async (objects: readonly { id: string }[], here: Moment, args: PageArgs, info: GraphQLResolveInfo) => {
    const request = logRequest(args);
    const log = logOf(here);
    const where = allOf(placesOf(here.caller.scope, kind), log.upTo === null ? {} : { rev: { lte: log.upTo } });
    const { at, found } = await log.read(async (client) => ({
      at: await head(client),
      found: await latestChanges(client, {
        ...{ kind, ids: objects.map(({ id }) => id), direction: request.direction, take: request.size + 1 },
        where: allOf(where, ...request.segments),
      }),
    }));
    const entries = new Map<string, Logged[]>();
    for (const one of found) entries.set(one.objectId, [...(entries.get(one.objectId) ?? []), one]);
    return ({ id }: { id: string }): Page => {
      const rows = (entries.get(id) ?? []).map((one) => entryOf(one, at.logId, here));
      const count = () =>
        here.batches.load(`history ${info.fieldNodes[0]!.loc?.start}`, id, async (ids: readonly string[]) => {
          const counts = await countsOf(here, kind, ids, where);
          return (one: string) => counts.get(one) ?? 0;
        });
      return toPage(request, rows, count);
    };
  };

/** The changes that a scope may read: of each kind, those where it may read such objects. */
export function readable(scope: Scope): Where {
  const kinds = Object.keys(catalog) as KindName[];
  const places = kinds.map((kind) => allOf({ kind }, placesOf(scope, kind)));
  // A condition is about a server or a bastion: it is shown to callers who may read both kinds at its place.
  const conditions = allOf({ kind: 'Condition' }, placesOf(scope, 'Server'), placesOf(scope, 'Bastion'));
  const seen = [...places, conditions].filter((where) => !(where.AND ?? []).includes(noEntry));
  return allOf({ outcome: 'DONE' }, seen.length === 0 ? noEntry : { OR: seen });
}

const filter = defineFilter(
  'Change',
  {
    kind: filterBy.text('kind', 'By the kind of object, such as `Server`.'),
    name: filterBy.text('name', "By the object's name; of a part, by that of the whole."),
    actor: filterByActor(),
    action: filterBy.text('action', 'By what it was done with, such as `updateServer`.'),
    operation: filterBy.text('operation', 'By what happened: CREATE, UPDATE or DELETE.'),
    cloud: filterBy.text('cloud', 'By the cloud that the object was in then.'),
    environment: filterBy.text('environment', 'By the environment that the object was in then.'),
    since: filterBy.moment('at', 'gte', 'From this moment on; of a day from its 00:00 UTC.'),
    until: filterBy.moment('at', 'lt', 'Before this moment; of a day before its 00:00 UTC.'),
  },
  noEntry,
);

interface EventArgs extends PageArgs {
  filter?: Record<string, unknown> | null | undefined;
}

const args = builder.args((t) => ({
  filter: t.field({ type: filter.ref, description: 'Only changes that meet it.' }),
}));

builder.queryField('events', (t) =>
  t.field({
    type: ChangeConnection,
    action: 'read',
    extensions: { ...paged },
    description: 'What happened to objects that you may read, the newest first.',
    args: { ...pageArgs, ...args },
    resolve: async (_root, given: EventArgs, context): Promise<Page> => {
      const own = given.filter ? filter.where(given.filter, await logReader(context)) : {};
      return logPage(given, allOf(own, readable(context.caller.scope)), context);
    },
  }),
);

builder.subscriptionField('watchEvents', (t) =>
  t.field({
    type: Change,
    action: 'read',
    description: 'Follows what happens to objects that you may read: from now on, or after a revision.',
    args: {
      ...args,
      after: t.arg({ type: 'Revision', description: 'Resume after this revision, without a gap or a repeat.' }),
    },
    subscribe: async (_root, given, context) => {
      const { caller, database, hub } = context;
      const own = given.filter ? filter.where(given.filter, await logReader(context)) : {};
      const isMet = testOf(own);
      const shown = (change: Logged) => {
        const row = { ...change, id: change.objectId };
        return isMet(row) && matches(readable(caller.scope), row);
      };
      return withDropReason(await watchChanges(database, hub, shown, given.after));
    },
    resolve: (found, _args, context) => entryOf(found.change, found.logId, context),
  }),
);
