// A cluster's health, computed from its members.
import type { GraphQLResolveInfo } from 'graphql';
import { allOf, type Where } from '../../server/domain/where.ts';
import { builder } from '../base/builder.ts';
import type { Row } from '../base/rows.ts';
import type { Context } from '../base/context.ts';
import { tableOf } from '../rows/tables.ts';
import { resourceOf } from '../lists/registry.ts';
import { visible } from '../lists/listArguments.ts';
import { contextAt } from '../base/contextAt.ts';

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
  members: number;
  installed: number;
  controlPlanes: number;
}

function judge({ members, installed, controlPlanes }: Tally): Health {
  if (members === 0) return 'UNKNOWN';
  if (controlPlanes === 0) return 'UNHEALTHY';
  return installed >= members ? 'HEALTHY' : 'DEGRADED';
}

const INSTALLED: Where = { server: { status: 'INSTALLED' } };

/** `health`: of all clusters that ask, in three statements that count and read no member. */
export const healthField = {
  description: 'How well it is, computed from those of its members that you may see.',
  extensions: { columns: ['id'] },
  resolve: (row: unknown, _args: unknown, context: Context, info: GraphQLResolveInfo): Promise<Health> => {
    const here = contextAt(context, info);
    return here.batches.load(info, (row as Row).id, async (ids: readonly string[]) => {
      const theirs: Where = { clusterId: { in: [...new Set(ids)] } };
      const seen = visible(here, resourceOf('ClusterMember'));
      const count = (...wheres: Where[]) =>
        tableOf(here, 'ClusterMember').countBy('clusterId', allOf(theirs, seen, ...wheres));
      const [members, installed, controlPlanes] = await Promise.all([
        count(),
        count(INSTALLED),
        count(INSTALLED, { role: 'CONTROL_PLANE' }),
      ]);
      return (id: string) =>
        judge({
          members: members.get(id) ?? 0,
          installed: installed.get(id) ?? 0,
          controlPlanes: controlPlanes.get(id) ?? 0,
        });
    });
  },
};
