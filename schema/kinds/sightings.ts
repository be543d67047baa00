// Sightings: which bastion saw which server, and when.
import { isEverything } from '../../server/domain/where.ts';
import { builder } from '../base/builder.ts';
import type { Context } from '../base/context.ts';
import { toOne } from '../rows/edges.ts';
import { resourceOf } from '../lists/registry.ts';
import { visible } from '../lists/listArguments.ts';
import { batched, computedField, idsOf } from '../fields/computed.ts';

interface SightingRow {
  serverId: string;
  bastionId: string;
  source: string;
  firstSeenAt: Date;
  lastSeenAt: Date;
}

const Sighting = builder.objectRef<SightingRow>('Sighting');

Sighting.implement({
  description: 'That a bastion saw a server. Kept up to date with every report, and not watched.',
  fields: (t) => ({
    server: t.field(
      toOne('Server', {
        relation: 'server',
        key: 'serverId',
        description: 'The server that was seen; null when you may not see it.',
      }),
    ),
    bastion: t.field(
      toOne('Bastion', {
        relation: 'bastion',
        key: 'bastionId',
        description: 'The bastion that saw it; null when you may not see it.',
      }),
    ),
    source: t.exposeString('source', { description: 'By what means, such as `discover` or `snapshot`.' }),
    firstSeenAt: t.expose('firstSeenAt', { type: 'DateTime', description: 'When the bastion first saw the server.' }),
    lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime', description: 'When the bastion last saw the server.' }),
  }),
});

/** A server or a bastion. */
type Seen = { id: string };
type End = 'serverId' | 'bastionId';

/** At most this many sightings are listed with one object, the latest first. */
const listed = 100;

/** The latest sightings on one end, by one lateral join for all who ask. */
export const sightingsField = (kind: 'server' | 'bastion') =>
  computedField({
    type: [Sighting],
    description: `The last ${listed} sightings, the latest first. None at a revision: they are not in the change log.`,
    columns: ['id'],
    now: batched(async (objects: readonly Seen[], here: Context) => {
      const { prisma } = here.database;
      // A sighting names the object on its other end, so the caller must be allowed to see that one.
      const far = visible(here, resourceOf(kind === 'server' ? 'Bastion' : 'Server'));
      const seen = isEverything(far) ? {} : { [kind === 'server' ? 'bastion' : 'server']: far };
      const find = {
        where: { id: { in: idsOf(objects) } },
        select: { id: true, sightings: { where: seen, orderBy: { lastSeenAt: 'desc' as const }, take: listed } },
        relationLoadStrategy: 'join' as const,
      };
      const parents = kind === 'server' ? await prisma.server.findMany(find) : await prisma.bastion.findMany(find);
      const lists = new Map(parents.map((parent) => [parent.id, parent.sightings]));
      return ({ id }: Seen): SightingRow[] => lists.get(id) ?? [];
    }),
    then: [],
    hidden: () => [],
  });

/** When an object was last seen, from its sightings. */
export const lastSightingField = (end: End, description: string) =>
  computedField({
    type: 'DateTime',
    nullable: true,
    description,
    columns: ['id'],
    now: batched(async (objects: readonly Seen[], { database }: Context) => {
      const where = { [end]: { in: idsOf(objects) } };
      const last = await database.prisma.sighting.groupBy({ by: [end], where, _max: { lastSeenAt: true } });
      const times = new Map(last.map((group) => [group[end], group._max.lastSeenAt]));
      return ({ id }: Seen) => times.get(id) ?? null;
    }),
    then: null,
    hidden: () => null,
  });
