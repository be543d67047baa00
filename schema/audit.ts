// The audit trail: the change log as administrators read it. Events and history are other readings of the same rows.
import { GraphQLError } from 'graphql';
import type { Change } from '../server/store/generated/client.ts';
import { parseAnchor, verify, type Verification } from '../server/store/verify.ts';
import { allOf, isEverything, matches, nothing, type Where } from '../server/domain/where.ts';
import { watchChanges } from '../server/stream/changes.ts';
import type { Scope } from '../server/caller.ts';
import { demandAll, demandAny, placesFor } from './access.ts';
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
import { encodeId } from './ids.ts';
import { perRow } from './sizes.ts';

/** What differs in every change, or says the same as another field. */
const BOOKKEEPING: ReadonlySet<string> = new Set(['version', 'updatedAt', 'managers', 'labelTokens']);

type Json = Record<string, unknown>;
type Entry = Change & { id: string };

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

/** The fields that differ, bookkeeping aside. */
function fieldChanges({ before, after }: Entry) {
  const [a, b] = [(before ?? {}) as Json, (after ?? {}) as Json];
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
      description: 'Its place in the change log, `rev:N`.',
      resolve: ({ rev }) => `rev:${rev}`,
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
    actor: t.exposeString('actor', { description: 'Who, such as `user/ann` or `bastion/north`.' }),
    action: t.exposeString('action', { description: 'By what, such as `updateServer`.' }),
    operation: t.field({ type: Operation, description: 'What happened.', resolve: (row) => row.operation as 'CREATE' }),
    outcome: t.field({ type: Outcome, description: 'What became of it.', resolve: (row) => row.outcome as 'DONE' }),
    kind: t.exposeString('kind', { description: 'The kind of object, such as `Server`.' }),
    objectId: t.id({
      description: 'The object; it may be gone.',
      resolve: ({ kind, objectId }) => encodeId(kind as KindName, objectId),
    }),
    name: t.exposeString('name', { description: "The object's name then; of a part, that of the whole." }),
    cloud: t.exposeString('cloud', { description: 'The cloud it was in then.' }),
    environment: t.exposeString('environment', { description: 'The environment it was in then.' }),
    before: t.expose('before', {
      type: 'JSON',
      nullable: true,
      description: 'The whole object before; null when it came to be.',
    }),
    after: t.expose('after', {
      type: 'JSON',
      nullable: true,
      description: 'The whole object after; null when it went.',
    }),
    changes: t.field({ type: [FieldChange], description: 'What differs.', resolve: fieldChanges }),
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
  }),
});

const filter = defineFilter('AuditEntry', {
  actor: filterBy.text('actor', 'By who did it, such as `user/ann`.'),
  action: filterBy.text('action', 'By what it was done with, such as `updateServer`.'),
  kind: filterBy.text('kind', 'By the kind of object, such as `Server`.'),
  name: filterBy.text('name', "By the object's name."),
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
    resolve: (async (_root: unknown, given: AuditArgs, { caller, database: { prisma } }: Context): Promise<Page> => {
      const request = pageRequest(given, newestFirst, 'desc');
      const where = allOf(filter.where(given.filter), visible(caller.scope));
      const found = await prisma.change.findMany({
        where: allOf(where, ...request.segments) as never,
        orderBy: pageOrder(request) as never,
        take: request.size + 1,
      });
      const count = () => prisma.change.count({ where: where as never });
      // A cursor names a row by its transaction; the order needs the revision alone.
      return toPage(
        request,
        found.map((row) => ({ ...row, id: row.txId })),
        count,
      );
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
    subscribe: ((
      _root: unknown,
      given: { filter?: Record<string, unknown> | null; after?: string | null },
      context: Context,
    ) => {
      const { caller, database, hub } = context;
      const own = filter.where(given.filter);
      const shown = (row: Change) => matches(allOf(own, visible(caller.scope)), { ...row, id: row.objectId });
      return clearly(watchChanges(database, hub, shown, given.after));
    }) as never,
    resolve: (row) => row as never,
  }),
);

const Tampering = builder.enumType('TamperingKind', {
  description: 'What is not as it was written.',
  values: {
    CHANGED: { description: 'A change, or the seal over it, was changed.' },
    MISSING: { description: 'A change is missing.' },
    SEAL: { description: 'A seal is missing.' },
    ANCHOR: { description: 'The seal that was noted is another one now, or is gone.' },
  } as const,
});

const AuditVerification = builder.objectRef<Verification>('AuditVerification').implement({
  description: 'Whether the audit trail is what was written.',
  fields: (t) => ({
    ok: t.boolean({ description: 'Whether it is.', resolve: ({ tampering }) => tampering === undefined }),
    problem: t.field({
      type: Tampering,
      nullable: true,
      description: 'What is wrong first; null when nothing is.',
      resolve: ({ tampering }) => tampering?.kind ?? null,
    }),
    message: t.string({
      nullable: true,
      description: 'What is wrong first, in a sentence; null when nothing is.',
      resolve: ({ tampering }) => tampering?.message ?? null,
    }),
    from: t.field({
      type: 'Revision',
      description: 'What came up to here is no longer kept.',
      resolve: ({ from }) => `rev:${from}`,
    }),
    upTo: t.field({ type: 'Revision', description: 'The newest revision.', resolve: ({ upTo }) => `rev:${upTo}` }),
    seals: t.exposeInt('seals', { description: 'How many seals hold.' }),
    unsealed: t.field({
      type: 'Counter',
      description:
        'How many changes follow the last of them; they are sealed within a second, refusals within two minutes.',
      resolve: ({ unsealed }) => unsealed,
    }),
    anchor: t.exposeString('anchor', {
      nullable: true,
      description: 'The last seal that holds. Note it elsewhere: only that tells a log that was made anew as a whole.',
    }),
  }),
});

builder.queryField('verifyAudit', (t) =>
  t.field({
    type: AuditVerification,
    action: 'admin',
    description: 'Computes the seals of the audit trail anew, and says whether it was tampered with.',
    args: { anchor: t.arg.string({ description: 'A seal that was noted earlier, `rev:hash`.' }) },
    resolve: (_root, { anchor }, { caller, database }) => {
      demandAny(caller.scope, 'admin');
      demandAll(caller.scope, 'admin', 'verify the audit trail');
      const noted = anchor == null ? undefined : parseAnchor(anchor);
      if (anchor != null && !noted)
        throw new GraphQLError(`"${anchor.slice(0, 80)}" is not a seal: give what an earlier verification returned.`, {
          extensions: { code: 'BAD_USER_INPUT' },
        });
      return verify(database, noted);
    },
  }),
);
