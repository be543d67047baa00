// How a server is powered, with the Secret that keeps the password of its management controller.
import { type Checked, right, wrong } from '../../../common/checked.ts';
import type { Bmc } from '../../../common/power/bmc.ts';
import type { Location } from '../../../common/place.ts';
import type { Writer } from '../../store/types.ts';
import type { Server } from '../../store/generated/client.ts';
import type { Powering } from '../fleet/power/power.ts';
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

/** With all that it takes; undefined when nobody said how it is powered. */
export async function poweringOf(tx: Writer, server: Server, may: Permissions): Promise<Checked<Powering> | undefined> {
  const bmc = server.bmc as unknown as Partial<Bmc>;
  if (bmc.type === undefined) return undefined;
  const said = bmc as Bmc;
  if (said.password === undefined) return right({ bmc: said, secretId: null });
  const secret = await bmcSecret(tx, said.password, server, may);
  return 'problems' in secret ? secret : right({ bmc: said, secretId: secret.value });
}
