// The address that others reach a server best by: what its installed system said of itself, and what its NICs have.
import { primaryOf } from '../../common/hardware/addresses.ts';
import type { Context, PastContext } from '../base/context.ts';
import { batched, computedField, idsOf } from '../fields/computed.ts';

type Addressed = { id: string; ip: string | null };
/** A row of the log may be older than the column of all addresses. */
type NicRow = { serverId: string | null; name: string; ip: string | null; addresses?: readonly string[] };

const nicsOf = (servers: readonly Addressed[]) => ({ where: { serverId: { in: idsOf(servers) } } });

/** Answers for each server by all of its NICs, in the order of their names. */
function answerBy(nics: readonly NicRow[]): (server: Addressed) => string | null {
  const byServer = new Map<string | null, string[]>();
  for (const { serverId, ip, addresses = [] } of nics.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const known = byServer.get(serverId) ?? [];
    byServer.set(serverId, [...known, ...(ip === null ? [] : [ip]), ...addresses]);
  }
  return ({ id, ip }) => primaryOf([...(ip === null ? [] : [ip]), ...(byServer.get(id) ?? [])]) ?? null;
}

export const primaryIpField = computedField({
  type: 'String',
  nullable: true,
  description:
    'The address that it is reached by best, of `ip` and those of its NICs: global before unique-local before link-local. Null when none is known.',
  columns: ['id', 'ip'],
  now: batched(async (servers: readonly Addressed[], { database }: Context) =>
    answerBy(
      await database.prisma.serverNic.findMany({
        ...nicsOf(servers),
        select: { serverId: true, name: true, ip: true, addresses: true },
      }),
    ),
  ),
  then: batched(async (servers: readonly Addressed[], { past }: PastContext) =>
    answerBy(await past.find<NicRow>('ServerNic', nicsOf(servers))),
  ),
  hidden: () => null,
});
