// The audit trail: the change log as administrators read it. Events and history are other readings of the same rows.
import type { Change } from '../../server/store/generated/client.ts';
import { allOf, isEverything, matches, nothing, testOf, type Where } from '../../server/domain/where.ts';
import { watchChanges } from '../../server/stream/changes.ts';
import { formatCursor } from '../../server/store/cursor.ts';
import { NO_OBJECT } from '../../server/store/refusals.ts';
import { GraphQLError, type GraphQLResolveInfo } from 'graphql';
import type { Context } from '../base/context.ts';
import type { Scope } from '../../server/domain/access/caller.ts';
import { placesFor } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { catalog, type KindName } from '../catalog.ts';
import { type Page, pageArgs, type PageArgs, paged } from '../lists/page.ts';
import { withDropReason } from '../base/dropReason.ts';
import { enumFilter, defineFilter, filterBy } from '../lists/filter.ts';
import { encodeId, isUuid } from '../base/ids.ts';
import { actorFor, filterByActor, logReader } from './actors.ts';
import { redactReferences, redactRow } from './redactIds.ts';
import {
  type Entry,
  entryOf,
  FieldChange,
  fieldChanges,
  logConnection,
  logPage,
  noEntry,
  Operation,
  side,
} from './entries.ts';

const Outcome = builder.enumType('AuditOutcome', {
  description: 'What became of it.',
  values: {
    DONE: { description: 'It was done, and the change is committed.' },
    REFUSED: { description: 'The caller lacked a permission, or did not prove who it is.' },
  } as const,
});

/** Whether the caller administers everything: then nothing that an entry leads to is hidden. */
const seesAll = ({ caller }: Context): boolean => isEverything(visible(caller.scope));

function sideOf(entry: Entry, row: Change['before'], context: Context, { schema }: GraphQLResolveInfo) {
  const shown = side(entry, 'admin', row);
  return seesAll(context) ? shown : redactRow(shown, entry.kind, schema, context);
}

const AuditEntry = builder.objectRef<Entry>('AuditEntry').implement({
  description: 'What somebody did, or was refused. Secrets are not in it.',
  fields: (t) => ({
    revision: t.field({
      type: 'Revision',
      description: 'Its place in the change log.',
      resolve: (entry) => formatCursor(entry),
    }),
    at: t.expose('at', {
      type: 'DateTime',
      description:
        "When it was committed, by the database's clock. If that was set back by over a minute, a later change has an earlier time.",
    }),
    actor: t.string({
      description: 'Who, such as `user/ann` or `bastion/north`; without the name, of a bastion that you may not see.',
      resolve: ({ actor }, _args, context) => actorFor(actor, context),
    }),
    action: t.exposeString('action', { description: 'By what, such as `updateServer`.' }),
    operation: t.field({
      type: Operation,
      description: 'Whether the object was created, changed or deleted.',
      resolve: (row) => row.operation as 'CREATE',
    }),
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
      description:
        'The whole object before, but for the ids of others that you may not see; null when it came to be, or was where you may not see it.',
      resolve: (entry, _args, context, info) => sideOf(entry, entry.before, context, info),
    }),
    after: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'The whole object after, but for the ids of others that you may not see; null when it went, or is where you may not see it.',
      resolve: (entry, _args, context, info) => sideOf(entry, entry.after, context, info),
    }),
    changes: t.field({
      type: [FieldChange],
      description: 'What differs, but for what differs in every change.',
      resolve: (entry, _args, context, { schema }) => {
        const changes = fieldChanges(entry, 'admin');
        return seesAll(context) ? changes : redactReferences(changes, entry.kind, schema, context);
      },
    }),
    requestId: t.exposeString('requestId', {
      description: "The request, as labd's log names it; of a refusal that was repeated, the first.",
    }),
    address: t.exposeString('address', { description: "The caller's address; empty for labd itself." }),
    count: t.exposeInt('count', { description: 'How often, for a refusal that was repeated within a minute.' }),
  }),
});

const AuditConnection = logConnection(AuditEntry, 'AuditEntry', {
  page: 'A page of the audit trail, the newest first.',
  row: 'entry',
});

/** The condition of one object. Any name of a kind is taken: the log may have entries of a kind that labd no longer has. */
function ofObject(id: string): Where {
  const [, kind, uuid] = /^(?:(\w+):)?([0-9a-f-]{36})$/i.exec(id) ?? [];
  if (uuid !== undefined && isUuid(uuid))
    return allOf(kind === undefined ? {} : { kind }, { objectId: uuid.toLowerCase() });
  throw new GraphQLError(`"${id.slice(0, 80)}" is not the id of an object. Ids look like Server:<uuid>.`, {
    extensions: { code: 'BAD_USER_INPUT' },
  });
}

const filter = defineFilter(
  'AuditEntry',
  {
    actor: filterByActor(),
    action: filterBy.text('action', 'By what it was done with, such as `updateServer`.'),
    kind: filterBy.text('kind', 'By the kind of object, such as `Server`.'),
    name: filterBy.text('name', "By the object's name."),
    object: { type: 'ID', description: "By the object's id, `Kind:uuid` or the bare uuid.", where: ofObject },
    cloud: filterBy.text('cloud', 'By the cloud that the object was in then.'),
    environment: filterBy.text('environment', 'By the environment that the object was in then.'),
    outcome: filterBy.choice(enumFilter(Outcome), 'outcome', 'By what became of it.'),
    requestId: filterBy.text('requestId', "By the request's id, as labd's log names it."),
    since: filterBy.moment('at', 'gte', 'From this moment on; of a day from its 00:00 UTC.'),
    until: filterBy.moment('at', 'lt', 'Before this moment; of a day before its 00:00 UTC.'),
  },
  noEntry,
);

/** The entries that a scope may see: of each kind, those of objects that it administers. */
function visible(scope: Scope): Where {
  const kinds = Object.keys(catalog) as KindName[];
  const places = kinds.map((kind) => [kind, placesFor(scope, 'admin', kind)] as const);
  // Some entries are about no object: only callers who administer everything see them.
  if (places.every(([, place]) => isEverything(place))) return {};
  const seen = places.filter(([, place]) => place !== nothing).map(([kind, place]) => allOf({ kind }, place));
  return seen.length === 0 ? noEntry : { OR: seen };
}

interface AuditArgs extends PageArgs {
  filter?: Record<string, unknown> | null | undefined;
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
    resolve: async (_root, given: AuditArgs, context): Promise<Page> => {
      const own = given.filter ? filter.where(given.filter, await logReader(context)) : {};
      return logPage(given, allOf(own, visible(context.caller.scope)), context);
    },
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
    subscribe: async (_root, given, context) => {
      const { caller, database, hub } = context;
      const own = given.filter ? filter.where(given.filter, await logReader(context)) : {};
      const isMet = testOf(own);
      const shown = (change: Change) => {
        const row = { ...change, id: change.objectId };
        return isMet(row) && matches(visible(caller.scope), row);
      };
      return withDropReason(await watchChanges(database, hub, shown, given.after));
    },
    resolve: (found, _args, context) => entryOf(found.change, found.logId, context),
  }),
);
