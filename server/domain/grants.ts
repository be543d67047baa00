// Permissions: their text, `action:cloud:environment:target` with `*` allowed in each part, and the grants it is read into.
import { DNS_LABEL } from '../../common/dnsLabel.ts';
import { type Checked, right, wrong } from '../../common/checked.ts';

/** What may be done to an object: see requirement A2. `uplink` is what bastions may do, and is never granted to people. */
export type Action = 'read' | 'apply' | 'destroy' | 'admin' | 'uplink';

/** Permission to do something in a place. */
export interface Grant {
  /** `*` is everything but the uplink */
  readonly action: Action | '*';
  readonly cloud: string;
  readonly environment: string;
  /** A server's name, or `plural/name` for another kind; a trailing `*` matches any ending, `*` alone every kind */
  readonly target: string;
  /** Only servers that this bastion holds, by its uuid: what bastions see of them */
  readonly heldBy?: string;
}

/** Everything a caller may do; nothing when empty. */
export type Scope = readonly Grant[];

/** The scope that holds everything, the uplink of every bastion included. */
export const everything: Scope = [
  { action: '*', cloud: '*', environment: '*', target: '*' },
  { action: 'uplink', cloud: '*', environment: '*', target: '*' },
];

/** The actions that a role may have. */
export const GRANTABLE = ['read', 'apply', 'destroy', 'admin', '*'] as const;

const ACTIONS: ReadonlySet<string> = new Set(GRANTABLE);
const PLACE = new RegExp(`^(?:\\*|${DNS_LABEL}|[a-z0-9][-a-z0-9]{0,61}\\*)$`);

/** Whether a grant is about an action. */
export const isFor = (grant: Grant, action: Action | '*'): boolean =>
  grant.action === action || (grant.action === '*' && action !== 'uplink');

/** A grant as it is written. */
export const formatGrant = ({ action, cloud, environment, target }: Grant): string =>
  `${action}:${cloud}:${environment}:${target}`;

/** A target's kind, as a plural, and name; the kind is undefined for the target that is everything. */
export function splitTarget(target: string): { plural: string | undefined; name: string } {
  if (target === '*') return { plural: undefined, name: '*' };
  const slash = target.indexOf('/');
  return slash < 0
    ? { plural: 'servers', name: target }
    : { plural: target.slice(0, slash), name: target.slice(slash + 1) };
}

/** Reads a grant that was checked when it was stored. */
export function readGrant(text: string): Grant {
  const [action, cloud, environment, target] = text.split(':') as [Grant['action'], string, string, string];
  return { action, cloud, environment, target };
}

/** Reads a permission that somebody wrote, or says which part is wrong. `plurals` are the kinds that a target may name. */
export function checkPermission(field: string, text: string, plurals: ReadonlySet<string>): Checked<Grant> {
  const refuse = (what: string, remedy: string) =>
    wrong(field, `${JSON.stringify(text.slice(0, 120))} is not a permission: ${what}.`, remedy);
  const parts = text.split(':');
  const [action = '', cloud = '', environment = '', target = ''] = parts;
  if (parts.length !== 4)
    return refuse(
      'it has not four parts',
      'Write action:cloud:environment:target, such as read:*:*:* or apply:*:prod:web-*.',
    );
  if (!ACTIONS.has(action))
    return refuse(`${JSON.stringify(action.slice(0, 40))} is no action`, `Use one of ${GRANTABLE.join(', ')}.`);
  const pattern = 'Write a name, a name with * at its end, or * for any.';
  if (!PLACE.test(cloud)) return refuse('its cloud is not a name', pattern);
  if (!PLACE.test(environment)) return refuse('its environment is not a name', pattern);
  const { plural, name } = splitTarget(target);
  if (plural !== undefined && !plurals.has(plural))
    return refuse(
      `there is no kind ${JSON.stringify(plural.slice(0, 40))}`,
      `Use one of ${[...plurals].sort().join(', ')}.`,
    );
  if (!PLACE.test(name))
    return refuse('its target is not a name', `${pattern} Another kind than servers goes before a slash.`);
  return right({ action: action as Grant['action'], cloud, environment, target });
}

const patternCovers = (pattern: string, other: string): boolean =>
  pattern === '*' || pattern === other || (pattern.endsWith('*') && other.startsWith(pattern.slice(0, -1)));

function targetCovers(own: string, other: string): boolean {
  if (own === '*') return true;
  const [a, b] = [splitTarget(own), splitTarget(other)];
  return a.plural === b.plural && patternCovers(a.name, b.name);
}

const covers = (own: Grant, other: Grant): boolean =>
  isFor(own, other.action) &&
  (own.heldBy === undefined || own.heldBy === other.heldBy) &&
  patternCovers(own.cloud, other.cloud) &&
  patternCovers(own.environment, other.environment) &&
  targetCovers(own.target, other.target);

/** The first of some grants that a scope does not hold whole; undefined when it holds them all. */
export const notHeld = (scope: Scope, grants: readonly Grant[]): Grant | undefined =>
  grants.find((grant) => !scope.some((own) => covers(own, grant)));
