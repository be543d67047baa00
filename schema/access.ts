// The door: what a caller may do, as a condition on where an object is and what it is called.
import type { Action, Grant, Scope } from '../server/caller.ts';
import { Forbidden } from '../server/domain/errors.ts';
import { allOf, isEverything, likeable, matches, nothing, type Where } from '../server/domain/where.ts';
import { catalog, type KindName } from './catalog.ts';

/** Where an object is and what it is called: all that permissions look at. */
export interface Place {
  cloud: string;
  environment: string;
  name: string;
}

/**
 * How a kind's rows are placed: given the condition that a place must meet, the `where` for the kind's own rows. Every
 * kind has one, so that none can be reached around it.
 */
export type Access = (place: Where) => Where;

/** The row has cloud, environment and name itself. */
export const ownPlace: Access = (place) => place;

/** The row is placed where the object behind one of its relations is. */
export const placeOf =
  (relation: string): Access =>
  (place) =>
    isEverything(place) ? {} : { [relation]: place };

const pattern = (column: string, text: string): Where => {
  if (text === '*') return {};
  return text.endsWith('*') ? { [column]: { startsWith: likeable(text.slice(0, -1)) } } : { [column]: text };
};

/** The name that a grant's target gives for a kind, or undefined when it is about another kind. */
function nameFor(grant: Grant, kind: KindName): string | undefined {
  if (grant.target === '*') return '*';
  const [plural, name] = grant.target.includes('/')
    ? grant.target.split('/', 2)
    : [catalog.Server.plural, grant.target];
  return plural === catalog[kind].plural ? name : undefined;
}

/** The condition that a place must meet for the scope to allow an action on a kind there. */
export function placesFor(scope: Scope, action: Action, kind: KindName): Where {
  const places = scope
    .filter((grant) => grant.action === '*' || grant.action === action)
    .flatMap((grant) => {
      const name = nameFor(grant, kind);
      if (name === undefined) return [];
      return [allOf(pattern('cloud', grant.cloud), pattern('environment', grant.environment), pattern('name', name))];
    });
  if (places.some(isEverything)) return {};
  return places.length === 0 ? nothing : { OR: places };
}

/** Throws Forbidden, naming the missing permission, unless the scope allows the action on a kind at a place. */
export function demand(scope: Scope, action: Action, kind: KindName, place: Place): void {
  const row = { ...place, id: '' };
  if (matches(placesFor(scope, action, kind), row)) return;
  const target = kind === 'Server' ? place.name : `${catalog[kind].plural}/${place.name}`;
  const permission = `${action}:${place.cloud}:${place.environment}:${target}`;
  throw new Forbidden(
    permission,
    `You may not ${action} ${catalog[kind].field} "${place.name}" in ${place.cloud}/${place.environment}.`,
    `Ask an administrator for the permission ${permission}.`,
  );
}
