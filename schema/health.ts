// A cluster's health, computed from its members.
import type { GraphQLResolveInfo } from 'graphql';
import { builder } from './builder.ts';
import type { Row } from './connection.ts';
import type { Context } from './context.ts';

export const ClusterHealth = builder.enumType('ClusterHealth', {
  description: "How well a cluster is, judged by its members' servers.",
  values: {
    HEALTHY: { description: 'Every member is installed, and one of them at least is a control plane.' },
    DEGRADED: { description: 'A control plane is installed, but not every member.' },
    UNHEALTHY: { description: 'No control plane is installed.' },
    UNKNOWN: { description: 'It has no members.' },
  } as const,
});

type Health = 'HEALTHY' | 'DEGRADED' | 'UNHEALTHY' | 'UNKNOWN';

interface Tally {
  cluster: string;
  members: number;
  installed: number;
  controlPlanes: number;
}

function judge(tally: Tally | undefined): Health {
  if (!tally) return 'UNKNOWN';
  if (tally.controlPlanes === 0) return 'UNHEALTHY';
  return tally.installed === tally.members ? 'HEALTHY' : 'DEGRADED';
}

/** `health`: of all clusters that ask, in one statement that counts and reads no member. */
export const healthField = {
  description: 'How well it is, computed from its members.',
  extensions: { columns: ['id'] },
  resolve: (row: unknown, _args: unknown, { batches, database }: Context, info: GraphQLResolveInfo): Promise<Health> =>
    batches.load(info, (row as Row).id, async (ids: readonly string[]) => {
      const tallies = await database.prisma.$queryRaw<Tally[]>`
        SELECT m.cluster_id::text AS "cluster",
               count(*)::int4 AS "members",
               sum(CASE WHEN s.status = 'INSTALLED' THEN 1 ELSE 0 END)::int4 AS "installed",
               sum(CASE WHEN s.status = 'INSTALLED' AND m.role = 'CONTROL_PLANE' THEN 1 ELSE 0 END)::int4 AS "controlPlanes"
          FROM cluster_member m JOIN server s ON s.id = m.server_id
         WHERE m.cluster_id = ANY(${[...new Set(ids)]}::text[]::uuid[])
         GROUP BY m.cluster_id`;
      const byCluster = new Map(tallies.map((tally) => [tally.cluster, tally]));
      return (id: string) => judge(byCluster.get(id));
    }),
};
