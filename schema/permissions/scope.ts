// What a caller may do, as a condition on the cloud, the environment and the name of an object.
import type { Place } from '../../common/place.ts';
import type { Action, Grant, Scope } from '../../server/domain/access/caller.ts';
import { isFor, notHeld, splitTarget } from '../../server/domain/grants.ts';
import { anyOf } from '../../server/domain/alternatives.ts';
import { Forbidden } from '../../server/domain/errors.ts';
import { SHIPPED } from '../../server/domain/fleet/contract/profiles.ts';
import { allOf, isEverything, likeable, matches, nothing, type Where } from '../../server/domain/where.ts';
import { catalog, type Kind, type KindName } from '../catalog.ts';

/** How the place of a kind's rows is found. Every kind has to say it: without it no kind can be defined. */
export interface Access {
  /** The `where` for the kind's own rows, given the condition that a place must meet */
  readonly where: (place: Where) => Where;
  /** The column that leads to the object whose place it is, when the rows have none themselves */
  readonly key: string | undefined;
}

/** The row has cloud, environment and name itself. */
export const ownPlace: Access = { where: (place) => place, key: undefined };

/** The row is placed where the object behind one of its relations is. */
export const placeOf = (relation: string, key: string): Access => ({
  where: (place) => (isEverything(place) ? {} : { [relation]: place }),
  key,
});

const entry = (kind: KindName): Kind => catalog[kind];

/** The kind that a permission names: for a part, the kind that it is a part of. */
const owner = (kind: KindName): KindName => (entry(kind).partOf as KindName | undefined) ?? kind;

/** The action that a caller needs: for kinds that say who may do what, every action takes `admin`. */
export const needed = (kind: KindName, action: Action): Action =>
  entry(kind).administered && action !== 'uplink' ? 'admin' : action;

const pattern = (column: string, text: string): Where => {
  if (text === '*') return {};
  return text.endsWith('*') ? { [column]: { startsWith: likeable(text.slice(0, -1)) } } : { [column]: text };
};

/** The name that a grant's target gives for a kind, or undefined when it is about another kind. */
function nameFor(grant: Grant, kind: KindName): string | undefined {
  const { plural, name } = splitTarget(grant.target);
  return plural === undefined || plural === entry(kind).plural ? name : undefined;
}

/** Places of a kind that everybody may read who may do anything at all. */
const OPEN: Readonly<Partial<Record<KindName, Where>>> = { Profile: { ...SHIPPED } };

/** What a scope may do without a grant on it: a bastion's own grants give nothing more. */
function opened(scope: Scope, action: Action, kind: KindName): Where[] {
  const open = action === 'read' ? OPEN[kind] : undefined;
  const isPerson = scope.some(({ action: held, heldBy }) => held !== 'uplink' && heldBy === undefined);
  return open && isPerson ? [open] : [];
}

function compile(scope: Scope, action: Action, kind: KindName): Where {
  const places = scope
    .filter((grant) => isFor(grant, action))
    .flatMap((grant) => {
      const name = nameFor(grant, kind);
      if (name === undefined) return [];
      const held: Where = grant.heldBy === undefined ? {} : { bastionId: grant.heldBy };
      const where = [pattern('cloud', grant.cloud), pattern('environment', grant.environment), pattern('name', name)];
      return [allOf(...where, held)];
    })
    .concat(opened(scope, action, kind));
  return places.length === 0 ? nothing : anyOf(...places);
}

/** The conditions compiled for each scope, kept because a caller asks for the same few kinds again and again. */
const compiled = new WeakMap<Scope, Map<string, Where>>();

/** The condition that a place must meet for the scope to allow an action on a kind there. */
export function placesFor(scope: Scope, action: Action, kind: KindName): Where {
  let own = compiled.get(scope);
  if (!own) compiled.set(scope, (own = new Map<string, Where>()));
  const key = `${action} ${kind}`;
  let where = own.get(key);
  if (!where) own.set(key, (where = compile(scope, needed(kind, action), owner(kind))));
  return where;
}

/** Whether the scope allows the action on some object of the kind, wherever it is. */
const holdsSome = (scope: Scope, action: Action, kind: KindName): boolean => placesFor(scope, action, kind) !== nothing;

/** The permission to do something to one object, or to a pattern of objects. */
export function permissionFor(action: Action, kind: KindName, { cloud, environment, name }: Place): string {
  const whose = owner(kind);
  return `${needed(kind, action)}:${cloud}:${environment}:${whose === 'Server' ? name : `${entry(whose).plural}/${name}`}`;
}

const ask = (permission: string): string => `Ask an administrator for a role with the permission ${permission}.`;

/** Throws Forbidden, naming the missing permission, unless the scope allows the action on a kind at a place. */
export function demand(scope: Scope, action: Action, kind: KindName, place: Place): void {
  const row = { ...place, id: '' };
  if (matches(placesFor(scope, action, kind), row)) return;
  const permission = permissionFor(action, kind, place);
  throw new Forbidden(
    permission,
    `You may not ${action} ${entry(kind).field} "${place.name}" in ${place.cloud}/${place.environment}.`,
    ask(permission),
    place.id,
  );
}

/** Throws Forbidden unless the scope allows the action on some object of the kind. */
export function demandSome(scope: Scope, action: Action, kind: KindName): void {
  if (holdsSome(scope, action, kind)) return;
  const permission = permissionFor(action, kind, { cloud: '*', environment: '*', name: '*' });
  throw new Forbidden(permission, `You may not ${action} any ${entry(kind).plural}.`, ask(permission));
}

/** Throws Forbidden unless the scope allows the action on something. */
export function demandAny(scope: Scope, action: Action): void {
  if (scope.some((grant) => isFor(grant, action))) return;
  const permission = `${action}:*:*:*`;
  throw new Forbidden(permission, `You may not ${action} anything.`, ask(permission));
}

/** Throws Forbidden unless the scope allows the action on everything, everywhere. */
export function demandAll(scope: Scope, action: Exclude<Action, 'uplink'>, what: string): void {
  const permission = `${action}:*:*:*`;
  if (!notHeld(scope, [{ action, cloud: '*', environment: '*', target: '*' }])) return;
  throw new Forbidden(permission, `You may not ${what}.`, ask(permission));
}
