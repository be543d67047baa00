// Who you are, and what you or somebody else may do.
import type { Place } from '../../common/place.ts';
import { formatGrant, isFor, readGrant, type Action, type Grant, type Scope } from '../../server/domain/grants.ts';
import { meant } from '../../server/domain/objects/reference.ts';
import { allOf, matches, storable } from '../../server/domain/where.ts';
import { GraphQLError } from 'graphql';
import type { Caller } from '../../server/domain/access/caller.ts';
import { needed, permissionFor, placesFor } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { catalog, type Kind, type KindName } from '../catalog.ts';
import type { Row } from '../base/rows.ts';
import type { Context } from '../base/context.ts';
import { tableOf } from '../rows/tables.ts';
import { resources } from '../kinds/index.ts';
import { Session } from '../kinds/session.ts';
import { User } from '../kinds/user.ts';

const CallerKind = builder.enumType('CallerKind', {
  description: 'What kind of caller one is.',
  values: {
    USER: { value: 'user', description: 'A person, or a robot that people gave a name.' },
    BASTION: { value: 'bastion', description: 'A bastion, by its certificate.' },
    AGENT: { value: 'agent', description: 'An agent, by its certificate.' },
    LABD: { value: 'labd', description: 'labd, for what it does by itself.' },
    ANONYMOUS: { value: 'anonymous', description: 'Nobody that is known.' },
  } as const,
});

const Me = builder.objectRef<Caller>('Me').implement({
  description: 'Who you are, as labd knows you.',
  fields: (t) => ({
    kind: t.field({ type: CallerKind, description: 'What kind of caller.', resolve: ({ kind }) => kind }),
    name: t.string({
      description: 'Your name, such as `ann`.',
      resolve: ({ actor }) => actor.slice(actor.indexOf('/') + 1),
    }),
    actor: t.exposeString('actor', { description: 'What the audit trail calls you, such as `user/ann`.' }),
    roles: t.stringList({ description: 'The roles that you have.', resolve: ({ roles }) => [...roles] }),
    permissions: t.stringList({
      description: 'All that you may do, each `action:cloud:environment:target`.',
      resolve: ({ scope }) => scope.map(formatGrant).sort(),
    }),
    credential: t.exposeString('credential', {
      nullable: true,
      description: 'What you prove yourself with: `Session:uuid`, `Token:uuid` or `Certificate:uuid`.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When that ends; null when it does not.',
    }),
    sessions: t.field({
      type: [Session.object],
      description: 'Where you are signed in, the latest first.',
      resolve: async ({ id, kind }, _args, { database }): Promise<Row[]> =>
        kind === 'user' && id !== null
          ? database.prisma.session.findMany({ where: { userId: id }, orderBy: { createdAt: 'desc' }, take: 100 })
          : [],
    }),
  }),
});

builder.queryField('me', (t) =>
  t.field({
    type: Me,
    action: 'self',
    description: 'Who you are, and what you may do.',
    resolve: (_root, _args, { caller }) => caller,
  }),
);

const ActionName = builder.enumType('Action', {
  description: 'What can be allowed.',
  values: {
    READ: { value: 'read', description: 'To see: get, describe, watch, history, logs.' },
    APPLY: {
      value: 'apply',
      description: 'To make and to change: create, edit, label, apply, provision, cancel, undo.',
    },
    DESTROY: { value: 'destroy', description: 'To delete: delete, forget, retire, prune.' },
    ADMIN: { value: 'admin', description: 'To say who may do what: roles, users, tokens, audit, enrolment.' },
  } as const,
});

const kindValues = Object.fromEntries(
  Object.values(catalog).map(({ type, about }) => [type, { value: type, description: about }]),
) as Record<KindName, { value: KindName; description: string }>;

const KindEnum = builder.enumType('Kind', { description: 'A kind of object.', values: kindValues });

interface Decision {
  readonly allowed: boolean;
  readonly permission: string;
  readonly by: { readonly role: string | null; readonly permission: string }[];
  readonly held: readonly string[];
}

const Reason = builder.objectRef<Decision['by'][number]>('AccessReason').implement({
  description: 'A permission that allows it.',
  fields: (t) => ({
    role: t.exposeString('role', { nullable: true, description: 'The role that it comes from; null for none.' }),
    permission: t.exposeString('permission', {
      description: 'The permission that is held, `action:cloud:environment:target`.',
    }),
  }),
});

const AccessDecision = builder.objectRef<Decision>('AccessDecision').implement({
  description: 'Whether something is allowed, and why.',
  fields: (t) => ({
    allowed: t.exposeBoolean('allowed', { description: 'Whether it is allowed.' }),
    permission: t.exposeString('permission', { description: 'The permission that it takes.' }),
    by: t.field({ type: [Reason], description: 'What allows it; empty when nothing does.', resolve: ({ by }) => by }),
    held: t.stringList({
      description: 'All permissions that were looked at.',
      resolve: ({ held }) => [...held],
    }),
  }),
});

interface Question {
  action: Action;
  kind: KindName;
  name?: string | null | undefined;
  cloud?: string | null | undefined;
  environment?: string | null | undefined;
}

/** The place of the object that is asked about: its own, if the caller may see such an object; else the one in the question. */
async function placeAsked(question: Question, context: Context): Promise<Place> {
  const { kind, name, cloud, environment } = question;
  for (const text of [name, cloud, environment])
    if (text != null && !storable(text))
      throw new GraphQLError('A name or a place has a NUL character.', { extensions: { code: 'BAD_USER_INPUT' } });
  const asked = { name: name ?? '*', cloud: cloud ?? '*', environment: environment ?? '*' };
  const entry: Kind = catalog[kind];
  if (name == null || entry.partOf !== undefined || !('name' in (resources[kind].references ?? {}))) return asked;
  const where = { AND: [{ name }, resources[kind].access.where(placesFor(context.caller.scope, 'read', kind))] };
  const [found] = await tableOf(context, kind).findMany({ where, take: 1 });
  return found
    ? { name, cloud: String(found['cloud']), environment: String(found['environment']) }
    : { ...asked, cloud: cloud ?? 'default', environment: environment ?? 'default' };
}

interface Whose {
  readonly scope: Scope;
  readonly roles: readonly { name: string; permissions: string[] }[];
}

/** What a user holds, and through which roles; the caller's own when nobody is named. */
async function holdings(as: Record<string, string> | null | undefined, context: Context): Promise<Whose> {
  const { caller, database } = context;
  const seen = User.access.where(placesFor(caller.scope, 'read', 'User'));
  const ways = as ? User.referenceWays(as).map((way) => allOf(way, seen)) : [{ id: caller.id! }];
  if (!as && (caller.kind !== 'user' || caller.id === null)) return { scope: caller.scope, roles: [] };
  const [user] = await meant(ways, (where: object) =>
    database.prisma.user.findMany({
      where,
      select: { disabledAt: true, bindings: { select: { role: true } } },
      take: 1,
    }),
  );
  if (!user)
    throw new GraphQLError('There is no such user, or you may not see it.', { extensions: { code: 'NOT_FOUND' } });
  const roles = user.disabledAt ? [] : user.bindings.flatMap(({ role }) => role ?? []);
  return { roles, scope: roles.flatMap(({ permissions }) => permissions.map(readGrant)) };
}

const allows = (grant: Grant, action: Action, kind: KindName, place: Place): boolean =>
  isFor(grant, needed(kind, action)) && matches(placesFor([grant], action, kind), { ...place, id: '' });

builder.queryField('canI', (t) =>
  t.field({
    type: AccessDecision,
    action: 'self',
    description: 'Whether you, or another user, may do something, and why.',
    args: {
      action: t.arg({ type: ActionName, required: true, description: 'What is to be done.' }),
      kind: t.arg({ type: KindEnum, required: true, description: 'To what kind of object.' }),
      name: t.arg.string({ description: 'To which; any of the kind, everywhere, when absent.' }),
      cloud: t.arg.string({ description: 'In which cloud; where the object is, when there is one.' }),
      environment: t.arg.string({ description: 'In which environment; where the object is, when there is one.' }),
      as: t.arg({ type: User.by, description: 'Who is to do it; you when absent. Takes admin on that user.' }),
    },
    resolve: async (_root, { as, ...question }, context): Promise<Decision> => {
      const { action, kind } = question;
      const place = await placeAsked(question, context);
      const { scope, roles } = await holdings(as, context);
      const named = roles.flatMap(({ name, permissions }) =>
        permissions.map((text) => ({ role: name, grant: readGrant(text) })),
      );
      const sources = roles.length > 0 ? named : scope.map((grant) => ({ role: null, grant }));
      const by = sources
        .filter(({ grant }) => allows(grant, action, kind, place))
        .map(({ role, grant }) => ({ role, permission: formatGrant(grant) }));
      const held = [...new Set(sources.map(({ grant }) => formatGrant(grant)))].sort();
      return { allowed: by.length > 0, permission: permissionFor(action, kind, place), by, held };
    },
  }),
);
