// The Secret that keeps the password of a management controller.
import { type Checked, right, wrong } from '../../../common/checked.ts';
import type { Location } from '../../../common/place.ts';
import type { Writer } from '../../store/types.ts';
import type { Permissions } from '../objects/objects.ts';
import { allOf } from '../where.ts';

/** Its id: the caller may read it, and it lies where the server does. */
export async function bmcSecret(
  { client }: Writer,
  name: string,
  { cloud, environment }: Location,
  may: Permissions,
): Promise<Checked<string>> {
  const where = allOf({ name, cloud, environment }, may.visible('Secret'));
  const found = await client.secret.findFirst({ where: where as never, select: { id: true } });
  if (found) return right(found.id);
  return wrong(
    'input.bmc.password',
    `There is no secret "${name}" in ${cloud}/${environment}, which keeps the password.`,
    `Make it there, or name another: lab create secret NAME --cloud ${cloud} --environment ${environment}.`,
  );
}
