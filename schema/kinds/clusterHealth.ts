// A cluster's health, computed from its members.
import { allOf, type Where } from '../../server/domain/where.ts';
import { builder } from '../base/builder.ts';
import type { Moment } from '../base/context.ts';
import { tableOf } from '../rows/tables.ts';
import { resourceOf } from '../lists/registry.ts';
import { visible } from '../lists/listArguments.ts';
import { batched, CHECKS_ITSELF, computedField, idsOf } from '../fields/computed.ts';

const ClusterHealth = builder.enumType('ClusterHealth', {
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

/** The health of clusters, in three statements that count and read no member. */
async function healthOf(clusters: readonly { id: string }[], here: Moment) {
  const theirs: Where = { clusterId: { in: idsOf(clusters) } };
  const seen = visible(here, resourceOf('ClusterMember'));
  const count = (...wheres: Where[]) =>
    tableOf(here, 'ClusterMember').countBy('clusterId', allOf(theirs, seen, ...wheres));
  const [members, installed, controlPlanes] = await Promise.all([
    count(),
    count(INSTALLED),
    count(INSTALLED, { role: 'CONTROL_PLANE' }),
  ]);
  return ({ id }: { id: string }): Health =>
    judge({
      members: members.get(id) ?? 0,
      installed: installed.get(id) ?? 0,
      controlPlanes: controlPlanes.get(id) ?? 0,
    });
}

/** `health`: it counts those members alone that the caller may see. */
export const healthField = computedField({
  type: ClusterHealth,
  description: 'How well it is, computed from those of its members that you may see.',
  columns: ['id'],
  now: batched(healthOf),
  then: batched(healthOf),
  hidden: CHECKS_ITSELF,
});
