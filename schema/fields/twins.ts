// The Conflict of a server with one in another place, which may be the same machine: for who may see both.
import { refer } from '../../server/domain/ledger/conditions.ts';
import type { Context } from '../base/context.ts';
import { visible } from '../lists/listArguments.ts';
import { resourceOf } from '../lists/registry.ts';
import { idsOf } from './computed.ts';
import type { ConditionRow } from './conditions.ts';

/** One condition for each server that has twins which the caller may see. */
export async function twinsOf(servers: readonly { id: string }[], here: Context): Promise<ConditionRow[]> {
  const other: object = visible(here, resourceOf('Server'));
  const twins = await here.database.prisma.twin.findMany({
    where: { serverId: { in: idsOf(servers) }, other },
    orderBy: [{ since: 'asc' }, { otherId: 'asc' }],
  });
  const bySubject = new Map<string, typeof twins>();
  for (const twin of twins) bySubject.set(twin.serverId, [...(bySubject.get(twin.serverId) ?? []), twin]);
  return [...bySubject].map(([subjectId, own]) => {
    const names = own.map(({ otherId }) => refer('Server', otherId)).join(', ');
    const because = [...new Set(own.flatMap((one) => one.because))].join(', ');
    return {
      subjectId,
      type: 'Conflict',
      status: true,
      detail: '',
      reason: 'IdentityElsewhere',
      message: `This may be the same machine as ${names}, in another cloud or environment: ${because}. Nothing was merged.`,
      since: own[0]!.since,
      evidence: { servers: own.map(({ otherId }) => otherId) },
    };
  });
}
