// The record of a refusal, made from the missing permission and from the arguments of the field.
import { readGrant, splitTarget } from '../../server/domain/grants.ts';
import type { Forbidden } from '../../server/domain/errors.ts';
import type { Refused } from '../../server/store/refusals.ts';
import type { Need } from '../base/builder.ts';
import { type KindName, kinds } from '../catalog.ts';
import { parseId } from '../base/ids.ts';

/** What a root field declares: the need, and the kind that it is about, if it is about one. */
export interface Declared {
  readonly action: Need;
  readonly kind?: KindName;
}

/** Where the arguments of a root field name the object, if they do. */
export interface Named {
  by?: { name?: unknown; id?: unknown } | null;
  input?: { name?: unknown } | null;
}

/** The longest name that is recorded: callers may send any. */
const LONGEST = 253;

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value.replaceAll('\u0000', '').slice(0, LONGEST) : undefined;

function refusedOperation(name: string, action: string): NonNullable<Refused['operation']> {
  if (name.startsWith('create')) return 'CREATE';
  return action === 'destroy' ? 'DELETE' : 'UPDATE';
}

/** The refusal as the change log keeps it. When the permission is for a whole kind, the arguments say which object. */
export function refusedOf(
  name: string,
  { action, kind }: Declared,
  { permission, objectId }: Forbidden,
  { by, input }: Named,
): Refused {
  const { cloud, environment, target } = readGrant(permission);
  const { plural, name: permitted } = splitTarget(target);
  const about = kind ?? kinds.find((one) => one.plural === plural)?.type;
  const asked = text(by?.name) ?? text(input?.name);
  const id = objectId ?? (typeof by?.id === 'string' ? parseId(by.id)?.uuid : undefined) ?? null;
  return {
    kind: about ?? (action === 'uplink' ? 'Bastion' : 'Query'),
    id,
    name: text(permitted === '*' ? (asked ?? permitted) : permitted)!,
    cloud: text(cloud)!,
    environment: text(environment)!,
    operation: refusedOperation(name, action),
  };
}
