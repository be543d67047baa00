// The profile that an install is asked with: one that the caller may see, and that serves the server's place.
import { nearest } from '../../../common/nearest.ts';
import type { Location } from '../../../common/place.ts';
import type { Profile as ProfileRow } from '../../store/generated/client.ts';
import type { Writer } from '../../store/types.ts';
import { InvalidInput } from '../errors.ts';
import { isShipped, SHIPPED } from '../fleet/contract/profiles.ts';
import type { Permissions } from '../objects/objects.ts';
import { allOf, storable } from '../where.ts';

/** So many are named to choose from. */
const MOST_NAMED = 20;

/** Says that there is none, and names those there are. */
async function unknown(tx: Writer, name: string, { cloud, environment }: Location, may: Permissions) {
  const serving = { OR: [{ ...SHIPPED }, { cloud, environment }] };
  const there = await tx.client.profile.findMany({
    where: allOf(serving, { withdrawn: false }, may.visible('Profile')) as never,
    select: { name: true },
    orderBy: { name: 'asc' },
  });
  const names = there.map((one) => one.name);
  const meant = nearest(name, names);
  const some = names.slice(0, MOST_NAMED).join(', ') + (names.length > MOST_NAMED ? ' and others' : '');
  return new InvalidInput(
    'input.os',
    `There is no OS profile "${name.slice(0, 80)}".`,
    `${meant ? `Did you mean "${meant}"? ` : ''}Choose one of ${some}.`,
  );
}

/** The profile of that name, in any case. Throws InvalidInput. */
export async function profileFor(
  tx: Writer,
  os: string,
  server: Location & { readonly name: string },
  may: Permissions,
): Promise<ProfileRow> {
  const name = os.trim().toLowerCase();
  const where = allOf({ name }, may.visible('Profile')) as never;
  const found = storable(name) ? await tx.client.profile.findFirst({ where }) : null;
  if (!found) throw await unknown(tx, name, server, may);
  const serves = found.cloud === server.cloud && found.environment === server.environment;
  if (serves || isShipped(found)) return found;
  throw new InvalidInput(
    'input.os',
    `Profile "${name}" serves the servers in ${found.cloud}/${found.environment}, and server "${server.name}" is in ${server.cloud}/${server.environment}.`,
    `Make a copy there: lab create profile NAME --from ${name} --cloud ${server.cloud} --environment ${server.environment}.`,
  );
}
