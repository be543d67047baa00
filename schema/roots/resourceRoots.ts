// The root fields that every kind has: one by reference, a list, a watch.
import { GraphQLError, type GraphQLResolveInfo } from 'graphql';
import { meant, mostNamed, severalMeant } from '../../server/domain/objects/reference.ts';
import { allOf, isEverything, testOf, type Where } from '../../server/domain/where.ts';
import { head } from '../../server/store/changes.ts';
import { formatCursor } from '../../server/store/cursor.ts';
import { watch, type WatchEvent } from '../../server/stream/watch.ts';
import { placesFor } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { type Page, paged, pageOrder, toPage } from '../lists/page.ts';
import type { Row } from '../base/rows.ts';
import type { Context, Moment } from '../base/context.ts';
import { type Client, tableOf } from '../rows/tables.ts';
import { enterRevision } from '../past/enterRevision.ts';
import { withDropReason } from '../base/dropReason.ts';
import { fromLog } from '../rows/watchedRow.ts';
import { type ListArgs, listArgs, pageOf, readerOf, visible } from '../lists/listArguments.ts';
import { loadPlannedOnes, type Plan, plan } from '../rows/plan.ts';
import type { Resource } from '../lists/defineResource.ts';
import { type Sees, withSeenIds } from '../lists/seenIds.ts';
import { shownName } from '../rows/shownNames.ts';
import { rowNodes, selects } from '../rows/selection.ts';

/** One object by reference; null when it does not exist or is hidden. Throws CONFLICT when several are meant. */
async function findOne(
  resource: Resource,
  reference: Record<string, string>,
  context: Moment,
  own: Plan,
): Promise<Row | null> {
  const table = tableOf(context, resource.kind);
  let where: Where = {};
  const found = await meant(resource.referenceWays(reference), (way) => {
    where = allOf(way, visible(context, resource));
    return table.findMany({ where, take: 2, select: own.select, relationLoadStrategy: 'join' });
  });
  if (found.length < 2) return (await loadPlannedOnes(found, own, context))[0] ?? null;
  const named = { select: { id: true, name: true }, orderBy: [{ name: 'asc' as const }] };
  const several = await table.findMany({ where, take: mostNamed + 1, ...named });
  const called = `"${Object.values(reference)[0]}"`;
  throw new GraphQLError(`${severalMeant(resource.entry.plural, called, several)} Refer to one by name.`, {
    extensions: { code: 'CONFLICT' },
  });
}

async function loadPage(resource: Resource, args: ListArgs, context: Moment, info: GraphQLResolveInfo): Promise<Page> {
  const request = pageOf(resource, args);
  const where = allOf(resource.filter.where(args.filter, readerOf(context)), visible(context, resource));
  const own = plan(resource.kind, rowNodes(info, info.fieldNodes), context, info);
  const query = {
    select: { ...own.select, [request.order.column]: true },
    orderBy: pageOrder(request),
    relationLoadStrategy: 'join' as const,
  };
  const count = () => tableOf(context, resource.kind).count(where);
  const load = async (client?: Client): Promise<Row[]> => {
    const table = tableOf(context, resource.kind, client);
    const rows: Row[] = [];
    for (const segment of request.segments) {
      const take = request.size + 1 - rows.length;
      if (take <= 0) break;
      rows.push(...(await table.findMany({ ...query, where: allOf(where, segment), take })));
    }
    await loadPlannedOnes(rows, own, context, client);
    return rows;
  };
  if (context.past) return toPage(request, await load(), count, context.past.revision);
  if (!selects(info, 'revision')) return toPage(request, await load(), count);
  // The revision must agree with the rows: one moment for both.
  const { rows, revision } = await context.database.read(async (client) => ({
    revision: formatCursor(await head(client)),
    rows: await load(client),
  }));
  return toPage(request, rows, count, revision);
}

/** How many rows a watch's snapshot reads at once. */
const snapshotPage = 1_000;

async function everyRow(resource: Resource, where: Where, context: Context, client: Client): Promise<Row[]> {
  const table = tableOf(context, resource.kind, client);
  const rows: Row[] = [];
  for (;;) {
    const last = rows.at(-1);
    const page = await table.findMany({
      where: last ? allOf(where, { id: { gt: last.id } }) : where,
      orderBy: [{ id: 'asc' }],
      take: snapshotPage,
    });
    rows.push(...page);
    if (page.length < snapshotPage) return rows;
  }
}

const Bookmark = builder.objectRef<{ revision: string }>('Bookmark').implement({
  description: 'Everything up to this revision has been delivered: resume from here.',
  fields: (t) => ({
    revision: t.expose('revision', { type: 'Revision', description: 'The revision to resume from.' }),
  }),
});

const Reset = builder.objectRef<{ revision: string; reason: string }>('Reset').implement({
  description: 'The revision to resume from is no longer kept: forget what was seen, a fresh snapshot follows.',
  fields: (t) => ({
    revision: t.expose('revision', {
      type: 'Revision',
      description: 'The revision of the snapshot that follows, or earlier.',
    }),
    reason: t.exposeString('reason', { description: 'Why, in a sentence.' }),
  }),
});

const happenings = {
  Added: 'came to be, or entered the filter',
  Modified: 'was changed',
  Deleted: 'is gone, or left the filter; as it was last seen',
} as const;

/** How the object of an event is shown. */
const states = {
  Added: 'as it is from this revision on',
  Modified: 'as it is from this revision on',
  Deleted: 'as it was when it was last seen',
} satisfies Record<keyof typeof happenings, string>;

type RowEvent = Extract<WatchEvent, { row: Row }>;

/** Whether the caller may see an object as it is now. */
async function isShown(resource: Resource, { id }: Row, context: Context): Promise<boolean> {
  const seen = visible(context, resource);
  if (isEverything(seen)) return true;
  const where = allOf({ id }, seen);
  return (await tableOf(context, resource.kind).findMany({ where, select: { id: true }, take: 1 })).length > 0;
}

function watchUnion(resource: Resource) {
  const { kind, entry, object } = resource;
  const events = Object.entries(happenings).map(([type, happened]) =>
    builder.objectRef<RowEvent>(`${kind}${type}`).implement({
      description: `A ${kind} ${happened}.`,
      fields: (t) => ({
        revision: t.expose('revision', {
          type: 'Revision',
          description:
            'The revision of this change: resume from here. Before the first bookmark, resuming begins anew.',
        }),
        [entry.field]: t.field({
          type: object,
          description: `The ${kind} ${states[type as keyof typeof happenings]}.`,
          resolve: (event, _args, context) => fromLog(event.row, event, () => isShown(resource, event.row, context)),
        }),
      }),
    }),
  );
  return builder.unionType(`${kind}WatchEvent`, {
    description: `What a watch of ${entry.plural} delivers.`,
    types: [...events, Bookmark, Reset],
    resolveType: (event) => {
      const { type } = event as WatchEvent;
      return type in happenings ? `${kind}${type}` : type;
    },
  });
}

const capitalised = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

interface At {
  at?: string | null;
}

/** Not for administered kinds: permissions are always those of the present, so these kinds have no past. */
const atArg = builder.args((t) => ({
  at: t.field({
    type: 'Revision',
    description:
      'As of this revision, with everything below: edges, counts and health. Shown is what lay where you may look, unless it lies elsewhere now. What is not in the change log, such as when something was last seen, is null or empty.',
  }),
}));

/** Adds the root fields of one kind. */
export function defineRoots(resource: Resource): void {
  const { kind, entry, filter, by, object, connection } = resource;
  const at = entry.administered ? {} : atArg;

  builder.queryField(entry.field, (t) =>
    t.field({
      type: object,
      action: 'read',
      kind,
      nullable: true,
      description: `One ${kind}; null when there is none or you may not see it.`,
      args: {
        by: t.arg({
          type: by,
          required: true,
          description: `Which ${kind}: give exactly one of the ways that ${kind}By has.`,
        }),
        ...at,
      },
      resolve: async (_root, args: { by: Record<string, string> } & At, context, info) => {
        const moment = await enterRevision(context, info, args.at);
        return findOne(resource, args.by, moment, plan(kind, info.fieldNodes, moment, info));
      },
    }),
  );

  builder.queryField(entry.plural, (t) =>
    t.field({
      type: connection,
      action: 'read',
      kind,
      description: `The ${entry.plural} that you may see.`,
      args: { ...listArgs(resource), ...at },
      extensions: { ...paged },
      resolve: async (_root: unknown, args: ListArgs & At, context: Context, info: GraphQLResolveInfo) =>
        loadPage(resource, args, await enterRevision(context, info, args.at), info),
    }),
  );

  const union = watchUnion(resource);
  builder.subscriptionField(`watch${capitalised(entry.plural)}`, (t) =>
    t.field({
      type: union,
      action: 'read',
      kind,
      description: `Follows ${entry.plural}: all there are, a bookmark, then every change. With \`after\`, only the changes since.`,
      args: {
        filter: t.arg({ type: filter.ref, description: 'Only those that meet it.' }),
        after: t.arg({ type: 'Revision', description: 'Resume after this revision, without a gap or a repeat.' }),
      },
      subscribe: async (_root, args, context) => {
        const sees: Sees = async (related, id) => (await shownName(context, related, id)) !== undefined;
        const seen = args.filter && (await withSeenIds(filter.fields, args.filter, sees));
        const conditions = filter.where(seen, { sees: () => ({}), alone: true });
        const isMet = testOf(conditions);
        const { caller, database, hub } = context;
        const spec = () => {
          const places = placesFor(caller.scope, 'read', kind);
          const where = allOf(conditions, resource.access.where(places));
          const list = (client: Client) => everyRow(resource, where, context, client);
          return { kind, isPlaced: testOf(places), isMet, list };
        };
        const onScope = (renew: () => void) => caller.onScope(renew);
        return withDropReason(watch(database, hub, { spec, onScope }, args.after));
      },
      resolve: (event) => event,
    }),
  );
}
