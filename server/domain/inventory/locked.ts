// Locked servers: people change neither them nor what belongs to them until they are unlocked. Bastions go on reporting.
import type { Writer } from '../../store/types.ts';
import { Conflict } from '../errors.ts';
import { allOf } from '../where.ts';
import type { Permissions } from '../objects/objects.ts';

/** Says that a server is locked, and how to unlock it. */
export const lockedServer = (name: string): Conflict =>
  new Conflict(
    `Server "${name}" is locked.`,
    `Unlock it first: lab api 'mutation { updateServer(by: {name: "${name}"}, input: {locked: false}) { __typename } }'`,
  );

/** Throws Conflict when one of these servers is locked. One that the caller may not see is not named. */
export async function demandUnlocked(
  tx: Writer,
  servers: readonly unknown[],
  may: Pick<Permissions, 'visible'>,
): Promise<void> {
  const ids = servers.filter((id): id is string => typeof id === 'string');
  if (ids.length === 0) return;
  const locked = { id: { in: ids }, locked: true };
  const first = (where: object) =>
    tx.client.server.findFirst({ where, select: { name: true }, orderBy: { name: 'asc' } });
  if (!(await first(locked))) return;
  const seen = await first(allOf(locked, may.visible('Server')));
  if (seen) throw lockedServer(seen.name);
  throw new Conflict('A server that you may not see is locked, and this would change it.', 'Ask an administrator.');
}
